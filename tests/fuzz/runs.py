"""A run of the fuzzer's guest, natively or under hv16, and what is read from memory at its end."""

import struct
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

import re  # noqa: E402

from hv16 import bochs, outfolder, run, summary, symbols  # noqa: E402
from hv16.machine import MachineError  # noqa: E402
from hv16.paths import BUILD  # noqa: E402

from case import Batch  # noqa: E402
from generate import HIDDEN  # noqa: E402
from layout import AT, HERE  # noqa: E402

GUESTS = HERE.parent / "machine" / "guests"
SECTOR = 512
BATCH_BYTES = AT["BATCH_CASES"] * AT["CASE_SIZE"]
RESULT_BYTES = AT["BATCH_CASES"] * 8
HV_VIRT = 0xFFFFFFFF80000000
HV_PHYSICAL = 0xFFFF800000000000
FAULTS = re.compile(r"in the hypervisor|exception|fault|EPT mis|BUG", re.IGNORECASE)


@dataclass
class Outcome:
    ended: str
    message: str
    results: list[bytes] = field(default_factory=list)  # of each batch: 8 bytes for each case
    sums: list[bytes] = field(default_factory=list)  # of each batch: data, FPU
    detail: bytes = b""  # the state after the case that was asked for
    progress: tuple[int, int] = (0, 0)  # batch and index where it stands
    exits: dict[str, int] = field(default_factory=dict)
    exits_total: int = 0
    ticks: int = 0
    log: str = ""
    changed: str = ""  # what of hv16's code is not as it was loaded


def assemble(folder: Path, native: bool) -> bytes:
    binary = folder / ("native.bin" if native else "guest.bin")
    subprocess.run(["nasm", "-f", "bin", "-I", f"{HERE}/", "-I", f"{GUESTS}/", "-I", f"{BUILD}/",
                    "-w+error", *(["-DNATIVE"] if native else []), "-o", str(binary),
                    str(HERE / "guest.asm")], check=True)
    return binary.read_bytes()


def disk(program: bytes, sets: bytes, batches: list[Batch], detail: tuple[int, int]) -> bytes:
    header = bytearray(2048)
    struct.pack_into("<Iii", header, 0, len(batches), *detail)
    for number, batch in enumerate(batches):
        struct.pack_into("<I", header, AT["H_LIST"] + 4 * number,
                         batch.mode | len(batch.cases) << 16)
    cases = b"".join(b"".join(case.pack() for case in batch.cases).ljust(BATCH_BYTES, b"\xCC")
                     for batch in batches)
    data = program + header + sets + cases
    cylinder = 16 * 63 * SECTOR
    return data.ljust(-(-len(data) // cylinder) * cylinder, b"\0")


def read_memory(machine: bochs.Bochs, linear: int, size: int) -> bytes:
    """By a file, which is faster than the debugger's text."""
    file = machine.spec.out / "memory.bin"
    file.unlink(missing_ok=True)
    machine.ask(f'writemem "memory.bin" {linear:#x} {size}')
    data = file.read_bytes()
    file.unlink()
    if len(data) != size:
        raise MachineError(f"Bochs: {len(data)} of {size} bytes at {linear:#x}")
    return data


def compare_image(machine: bochs.Bochs) -> str:
    """hv16's code and constants in memory, and as the linker has made them."""
    elf = dict(re.findall(r"^(\.text|\.rodata|\.data)\s+(\d+)", subprocess.run(
        ["size", "-A", str(BUILD / "hv.elf")], check=True, text=True,
        stdout=subprocess.PIPE).stdout, re.MULTILINE))
    size = int(elf[".text"]) + int(elf[".rodata"])
    loaded, there = (BUILD / "hv.bin").read_bytes()[:size], read_memory(machine, HV_VIRT, size)
    for at, (want, have) in enumerate(zip(loaded, there)):
        if want != have:
            place = symbols.nearest(BUILD / "hv.sym", HV_VIRT + at)
            return f"hv16's byte at {HV_VIRT + at:x} ({place}) is {have:02x}, was {want:02x}"
    return ""


def collect(machine: bochs.Bochs, outcome: Outcome, batches: list[Batch], native: bool) -> None:
    machine.stop()
    if not native:
        assert f"hv16: hidden: {HIDDEN:#x}-" in (machine.spec.out / "hv.log").read_text("utf-8")
    base = 0 if native else HV_PHYSICAL
    rw = read_memory(machine, base + AT["RW"], 0x400)
    outcome.progress = struct.unpack_from("<II", rw, AT["V_BATCH"])
    outcome.detail = read_memory(machine, base + AT["DETAIL"], 256)
    results = read_memory(machine, base + AT["ALL_RESULTS"], RESULT_BYTES * len(batches))
    sums = read_memory(machine, base + AT["SUMMARIES"], 8 * len(batches))
    for number, batch in enumerate(batches):
        at = number * RESULT_BYTES
        outcome.results.append(results[at:at + 8 * len(batch.cases)])
        outcome.sums.append(sums[8 * number:8 * number + 8])
    if not native:
        outcome.changed = compare_image(machine)


def execute(folder: Path, sets: bytes, batches: list[Batch], native: bool, options: list[str],
            detail: tuple[int, int] = (-1, -1), timeout: float = 20) -> Outcome:
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / ("native.img" if native else "guest.img")
    name.write_bytes(disk(assemble(folder, native), sets, batches, detail))
    request = run.RunRequest(
        out=folder / "out", guests=[name], native=native, options=options, quiet=True,
        timeout=timeout, until=re.compile("^guest: done", re.MULTILINE) if native else None)
    with outfolder.alone_in(request.out):
        return execute_alone(request, batches)


def execute_alone(request: run.RunRequest, batches: list[Batch]) -> Outcome:
    machine = run.make_machine(request)
    watcher, report = run.Watcher(request, machine), summary.Summary()
    try:
        ending = run.watch_machine(machine, watcher)
        outcome = Outcome(ending.ended, ending.message)
        summary.collect(machine, report)
        try:
            collect(machine, outcome, batches, request.native)
        except (MachineError, OSError) as error:
            outcome.changed = outcome.changed or f"memory cannot be read: {error}"
    finally:
        machine.quit()
    watcher.follow()
    summary.save(request.out, report, ending)
    outcome.exits, outcome.exits_total = report.exits, report.exits_total
    outcome.ticks, outcome.log = report.ticks or 0, watcher.log
    return outcome
