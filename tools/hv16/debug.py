"""`debug`: the Bochs debugger, stopped at a place of the boot path, with all symbols loaded."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from hv16 import bochs, bochs_installed, outfolder, run, symbols, vmcs
from hv16.machine import MachineError
from hv16.paths import BUILD, EXIT_OK, EXIT_STOPPED, EXIT_TIMEOUT, UserError
from hv16.run import RunRequest

RC = "debug.rc"
BOOT_SYMBOLS = ("mbr", "stage2", "hv")
MBR_MOVES = 0x7600  # from 0x7c00 down to 0x600, for which it is assembled
EXIT_REASON = 0x4402  # the encoding of the field: hv/vmx/fields.h
GUEST_SYMBOLS = ("hv", "guest16")  # guest16 is loaded where the MBR and stage2 were


@dataclass(frozen=True)
class Place:
    """Where to stop: after `hits` stops caused by the debugger command `command`."""

    command: str
    hits: int
    about: str
    next_steps: tuple[str, ...]
    symbols: tuple[str, ...] = BOOT_SYMBOLS
    mbr_at_7c00: bool = False


PLACES = {
    "power-on": Place("", 0, "the first instruction of all, 16 bytes below 4 GiB", (
        "r, sreg, creg     the state after power-on: SDM volume 3, \"First Instruction Executed\"",
        "s, n, u /10       step through the BIOS",
        "pb 0x7c00         then c: on to the MBR")),
    "mbr": Place("pb 0x7c00", 1, "the first instruction of the MBR, where the BIOS jumps to", (
        "s                 one instruction; n steps over a call or an INT",
        "u /10             the next ten instructions",
        'pb 0x8004         then c: on to stage2',
        "x /512bx 0x7c00   the MBR itself, with the partition table at 0x7dbe"),
                 mbr_at_7c00=True),
    "stage2": Place("pb 0x8004", 1, "the first instruction of stage2, loaded by the MBR", (
        "s, n, u /10       step, step over calls, disassemble",
        "modebp            then c: stops at each switch between processor modes",
        "x /7wx 0x800      the image header that the MBR verified",
        "creg              CR0 to CR4 and EFER; info gdt after LGDT")),
    "hv": Place("lb {hv_main}", 1, "hv_main(): long mode is on, the hypervisor's C code starts", (
        "n                 step over one call of hv_main's list; s steps into it",
        "page 0x8000       how an address is mapped; info tab shows all of it",
        'info gdt          the segments that stage2 set up',
        "vmexitbp          then c: stops at the first VM exit")),
    "guest": Place("pb 0x7c00", 2, "the guest's first instruction", (
        "r, sreg, creg     the guest's registers: real mode, and yet it is a guest",
        'show "VMX"        vmcsptr, in_vmx_guest and the cached VMCS',
        "vmexitbp          then c: stops at the hypervisor's next entry",
        "s, n, u /10       step through the guest's boot sector",
        'ldsym global "{build}/resident.sym" 0x9f400   for what hv16 leaves in the guest\'s '
        "memory; hv.log has the address"), GUEST_SYMBOLS),
    "exit": Place("vmexitbp", 1, "the hypervisor's first instruction after a VM exit", (
        "c                 on to the next exit",
        "r                 the guest's general registers, not yet saved",
        's, n, u /10       step through the exit loop',
        'show "VMX"        where the VMCS is, and its controls and host state as Bochs holds them',
        "xp /1wx ADDRESS   with ADDRESS = vmcsptr + {exit_reason}: the exit reason "
        "(docs/debugging.md)"),
                  GUEST_SYMBOLS),
}


def symbol_commands(place: Place, build: Path = BUILD) -> list[str]:
    """One `ldsym` for each symbol file that was built. The MBR runs in two places."""
    files = [(build / f"{name}.sym", 0) for name in place.symbols]
    if place.mbr_at_7c00:
        files.append((build / "mbr.sym", MBR_MOVES))
    return [f'ldsym global "{path.resolve()}" {offset:#x}' for path, offset in files
            if path.exists()]


def stop_commands(place: Place) -> list[str]:
    """None to stop where the machine is at its start."""
    if "{hv_main}" not in place.command:
        return place.command.split("\n") if place.command else []
    address = symbols.load(BUILD / "hv.sym").get("hv_main")
    if address is None:
        raise UserError("build/hv.sym does not name hv_main: build it again with `make`")
    return [place.command.format(hv_main=f"{address:#x}")]


def exit_reason_offset() -> str:
    version = bochs_installed.version() or ""
    return hex(vmcs.offset(EXIT_REASON, version)) if vmcs.layout_is_known(version) else "OFFSET"


def make_bochs(request: RunRequest) -> bochs.Bochs:
    machine = run.make_machine(request)
    if not isinstance(machine, bochs.Bochs):
        raise UserError("debug needs Bochs")
    return machine


# --- Without a terminal: go there, show it, leave --------------------------------------------


def show_place(request: RunRequest, name: str, place: Place, build: Path = BUILD) -> int:
    """Prints registers and next instructions at the place. For scripts and tests."""
    machine = make_bochs(request)
    status = EXIT_OK
    try:
        machine.start((*symbol_commands(place, build), *stop_commands(place)), go=place.hits > 0)
        if place.hits == 0:
            machine.ask("ptime")  # so that what Bochs says at its start has been read
        for hit in range(place.hits):
            if hit:
                machine.resume()
            wait_for_stop(machine, request.timeout)
        print(f"debug: stopped at {place.about}")
        print(re.findall(r"^\(\d+\) \[.*$", machine.heard, re.MULTILINE)[-1])
        print(machine.registers())
        print(machine.ask("u /5").split("ptime")[0])
    except TimeoutError as error:
        print(f"hv16: debug {name}: {error}", file=sys.stderr)
        status = EXIT_TIMEOUT
    except MachineError as error:
        print(f"hv16: debug {name}: {error}", file=sys.stderr)
        status = EXIT_STOPPED
    finally:
        machine.quit()
    return status


def wait_for_stop(machine: bochs.Bochs, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not machine.stopped:
        if machine.exited():
            raise MachineError(f"Bochs gave up: {machine.complaint()}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"not there after {seconds:g} s")
        machine.pump(0.01)
    if "Magic breakpoint" in machine.heard:
        raise MachineError("the machine stopped before it got there; ./run.sh says why")


# --- On a terminal ---------------------------------------------------------------------------


def open_debugger(request: RunRequest, place: Place, build: Path = BUILD) -> int:
    """Gives the terminal to Bochs's debugger. The guest's screen is an X window if there is X."""
    request.interactive = False  # the terminal is the debugger's, not the guest screen's
    machine = make_bochs(request)
    out = machine.spec.out
    has_x = bool(os.environ.get("DISPLAY")) and x_plugin_is_here()
    (out / bochs.CONFIG).write_text(
        bochs.config(machine.spec, "x" if has_x else "term", ("port_e9_hack: enabled=1",)),
        encoding="utf-8")
    commands = [*symbol_commands(place, build), *stop_commands(place), *["c"] * place.hits]
    (out / RC).write_text("\n".join(commands) + "\n", encoding="utf-8")
    print(f"Stops at {place.about}.\nThen type, for instance:")
    for line in (*place.next_steps, "c                 continue; Ctrl-C stops again",
                 "help, q           all commands; the end"):
        print(f"  {line}".replace("{build}", str(build.resolve()))
              .replace("{exit_reason}", exit_reason_offset()))
    print("The debugger's own prompt is <bochs:N>. The guest's log and serial port are in "
          f"{run.shown(out)}.\n", flush=True)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the debugger
    try:
        with open(out / bochs.OUTPUT, "wb") as errors:
            machine.process = subprocess.Popen(
                bochs.command_line("-rc", RC), cwd=out, stderr=errors, restore_signals=True,
                env=dict(os.environ, LINES="25", COLUMNS="80", TERM="xterm"))
        while not machine.exited():
            machine.pump(0.05)
    finally:
        signal.signal(signal.SIGINT, before)
        if not machine.exited():
            machine.process.kill()
            machine.process.wait()
        machine.close()
    return EXIT_OK


def x_plugin_is_here() -> bool:
    """Whether this Bochs can draw the guest's screen in an X window (package bochs-x)."""
    return any(Path("/usr/lib").glob("*/bochs/plugins/libbx_x.so"))


def go_to(request: RunRequest, name: str, place: Place, build: Path = BUILD) -> int:
    with outfolder.alone_in(request.out):
        if request.interactive:
            return open_debugger(request, place, build)
        return show_place(request, name, place, build)


def debug_command(request: RunRequest, name: str) -> int:
    place = PLACES[name]
    if request.native:  # without hv16, the boot sector is the guest's the first time
        place = replace(place, hits=min(place.hits, 1), next_steps=place.next_steps[:1])
    return go_to(request, name, place)


def debug_functions(request: RunRequest, names: list[str], build: Path) -> int:
    """Stops at the first of these functions or routines that is reached. For labs."""
    known: dict[str, int] = {}
    for file in ("mbr", "stage2", "hv"):
        if (build / f"{file}.sym").exists():
            known |= symbols.load(build / f"{file}.sym")
    missing = [name for name in names if name not in known]
    if missing:
        raise UserError(f"debug: {build} has no {', '.join(missing)}: inlined, or not there yet?")
    place = Place("\n".join(f"lb {known[name]:#x}" for name in names), 1, " or at ".join(
        f"{name}()" for name in names), (
            "n                 step over one call; s steps into it",
            "r, info tab       registers; how addresses are mapped",
            "vmexitbp          then c: stops at each VM exit"))
    return go_to(request, names[0], place, build)
