"""`debug --emulator qemu`: GDB, connected to QEMU, stopped at a place of the boot path.

GDB knows the hypervisor's C line by line. Two things it cannot: it takes all code for 64-bit code,
and it leaves the segment's base out of an address. So a command of ours, `here`, asks QEMU to
disassemble what is not 64-bit code.
"""

import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from hv16 import debug, outfolder, qemu, run, symbols
from hv16.machine import MachineError
from hv16.paths import BUILD, EXIT_OK, EXIT_STOPPED, EXIT_TIMEOUT, UserError, fail, shown
from hv16.run import RunRequest

RC, SOCKET, OUTPUT = "debug.gdb", "gdb.socket", "gdb.out"
STOPPED, SHOWN = "hv16: here it is", "hv16: that is all"
FLAT = {"mbr": 0x7C00, "stage2": 0x8000, "guest16": 0x7C00}  # where these begin in memory
UNWANTED = re.compile(r"^(FCW=|FPR\d|XMM\d|DR\d=).*\n", re.MULTILINE)

COMMANDS = """\
define here
  set $there = $rip
  if !($cr0 & 1)
    set $there = $rip + 16 * $cs
  end
  python print(gdb.execute("info symbol $there", to_string=True).split(" in section")[0].strip())
  if $efer & 0x400
    x /5i $rip
  else
    eval "monitor x /5i %#lx", $there
  end
end
document here
The symbol at the next instruction, and five instructions, in every mode of the processor.
end
"""


@dataclass(frozen=True)
class Place:
    """Where to stop: at the breakpoint `at`, when it is met for the time number `hits`."""

    at: str
    hits: int
    next_steps: tuple[str, ...]
    symbols: tuple[str, ...] = ("mbr", "stage2")


PLACES = {
    "power-on": Place("", 0, (
        "stepi                    one instruction",
        "break *0x7c00            then continue: on to the MBR")),
    "mbr": Place("*0x7c00", 1, (
        "stepi                    one instruction",
        "break *0x8004            then continue: on to stage2",
        "x /512xb 0x7c00          the MBR itself, with the partition table at 0x7dbe")),
    "stage2": Place("*0x8004", 1, (
        "stepi                    one instruction",
        "break hv_main            then continue: on to the hypervisor",
        "x /7xw 0x800             the image header that the MBR verified")),
    "hv": Place("hv_main", 1, (
        "next, step               one line of hv_main's list; into what it calls",
        "list, bt, info locals    the source; who called; variables",
        "print machine            what there is once",
        "finish                   to the end of this function")),
    "guest": Place("*0x7c00", 2, (
        "stepi                    one instruction",
        "break svm_exited         then continue: on to the next VM exit"), ("guest16",)),
    "exit": Place("svm_exited", 1, (
        "continue                 on to the next exit",
        "stepi, next              through the exit loop"), ("guest16",)),
}
ALWAYS = ("here                     where it is, in every mode of the processor",
          "monitor info registers   all registers, with the segments' bases",
          "continue                 Ctrl-C stops again",
          "help, quit               all commands; the end")


def choose(request: RunRequest, name: str) -> Place:
    """The place, as it is in this build and in this kind of run."""
    place = PLACES[name]
    if request.native:
        return Place(place.at, min(place.hits, 1), place.next_steps[:1], ("guest16",))
    if place.at.isidentifier() and place.at not in symbols.load(BUILD / "hv.sym"):
        raise UserError(f"debug {name}: build/hv.sym does not name {place.at}: this hv16 has no "
                        "exits on QEMU. Bochs has them: the same without --emulator")
    return place


# --- What GDB is given ----------------------------------------------------------------------------


def symbol_file(name: str, out: Path) -> str:
    """A flat binary's symbols as an object file, for GDB reads no others."""
    start = FLAT[name]
    size = (BUILD / f"{name}.bin").stat().st_size
    origin = 0x600 if name == "mbr" else start  # it moves there, and is assembled for there
    words = [f"--add-symbol={label}=.text:{address - origin:#x},function,global"
             for label, address in symbols.load(BUILD / f"{name}.sym").items()
             if 0 <= address - origin < size]
    target = out / f"{name}.symbols"
    subprocess.run(["objcopy", "-I", "binary", "-O", "elf64-x86-64", "-B", "i386:x86-64",
                    "--rename-section", ".data=.text,alloc,load,readonly,code",
                    "--wildcard", "--strip-symbol=_binary_*", *words,
                    str(BUILD / f"{name}.bin"), str(target)], check=True)
    return target.name


def script(place: Place, out: Path) -> str:
    """From the connection to the place."""
    lines = ["set confirm off", "set pagination off", "set style enabled off",
             "set architecture i386:x86-64", f"file {(BUILD / 'hv.elf').resolve()}"]
    for name in place.symbols:
        file = symbol_file(name, out)
        starts = [FLAT[name], 0x600] if name == "mbr" else [FLAT[name]]
        lines += [f'python gdb.execute("add-symbol-file {file} {start:#x}", to_string=True)'
                  for start in starts]
    lines += [COMMANDS, f"target remote {SOCKET}"]
    if place.at:  # by the processor: KVM would write a BREAK into memory, before there is code
        lines += [f"hbreak {place.at}", *["continue"] * place.hits]
    return "\n".join(lines) + "\n"


def prepare(request: RunRequest) -> qemu.Qemu:
    if shutil.which("gdb") is None:
        raise UserError("debug: cannot run gdb: apt-get install gdb (or ./run.sh setup test)")
    machine = run.make_machine(request)
    if not isinstance(machine, qemu.Qemu):
        raise UserError("GDB needs QEMU")
    machine.gdb_socket = SOCKET
    return machine


# --- Without a terminal: go there, show it, leave -------------------------------------------------


def show_place(request: RunRequest, name: str, place: Place) -> int:
    machine = prepare(request)
    out = machine.spec.out
    (out / RC).write_text(script(place, out) + f"echo \\n{STOPPED}\\n\nhere\n"
                          f"monitor info registers\necho {SHOWN}\\n\nkill\n", encoding="utf-8")
    status = EXIT_OK
    try:
        machine.start()
        with open(out / OUTPUT, "wb") as output:
            gdb = subprocess.Popen(["gdb", "-nx", "-q", "-batch", "-x", RC], cwd=out,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            try:
                wait_for_end(gdb, machine, request.timeout)
            finally:
                gdb.kill()
                gdb.wait()
        text = (out / OUTPUT).read_text("utf-8", "replace")
        there, found, _ = text.partition(STOPPED + "\n")[2].partition(SHOWN)
        if not found:
            raise MachineError(text.strip().rpartition("\n")[2] or "GDB said nothing")
        print(f"debug: stopped at {debug.PLACES[name].about}")
        print(UNWANTED.sub("", there.replace("\r", "")).rstrip())
    except TimeoutError as error:
        fail(f"debug {name}: {error}")
        status = EXIT_TIMEOUT
    except MachineError as error:
        fail(f"debug {name}: {error}")
        status = EXIT_STOPPED
    finally:
        machine.quit()
    return status


def wait_for_end(gdb: subprocess.Popen, machine: qemu.Qemu, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while gdb.poll() is None:
        if machine.triple_fault():
            raise MachineError(f"QEMU gave up: {machine.complaint()}")
        if not machine.exited() and machine.halted():
            raise MachineError("the machine stopped before it got there; ./run.sh says why")
        if time.monotonic() > deadline:
            raise TimeoutError(f"not there after {seconds:g} s")
        machine.pump(0.02)


# --- On a terminal --------------------------------------------------------------------------------


def open_debugger(request: RunRequest, name: str, place: Place) -> int:
    """Gives the terminal to GDB."""
    request.interactive = False  # the terminal is GDB's, not the guest screen's
    machine = prepare(request)
    out = machine.spec.out
    (out / RC).write_text(script(place, out), encoding="utf-8")
    print(f"Stops at {debug.PLACES[name].about}.\nThen type, for instance:")
    for line in (*place.next_steps, *ALWAYS):
        print(f"  {line}")
    print(f"The guest's log and serial port are in {shown(out)}.\n", flush=True)
    before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for GDB
    try:
        machine.start()
        subprocess.run(["gdb", "-nx", "-q", "-x", RC], cwd=out, check=False)
    except MachineError as error:
        fail(f"debug {name}: {error}")
        return EXIT_STOPPED
    finally:
        signal.signal(signal.SIGINT, before)
        machine.quit()
    return EXIT_OK


def debug_command(request: RunRequest, name: str) -> int:
    place = choose(request, name)
    with outfolder.alone_in(request.out):
        if request.interactive:
            return open_debugger(request, name, place)
        return show_place(request, name, place)
