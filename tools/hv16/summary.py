"""What a run leaves behind: screen.txt, summary.json, and a few lines for the person."""

import json
import re
import struct
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hv16 import reasons
from hv16.machine import HV_LOG, SERIAL, Machine, MachineError
from hv16.paths import shown
from hv16.screen import TEXT_ADDRESS, TEXT_BYTES, screen_text

SCREEN, SUMMARY = "screen.txt", "summary.json"


@dataclass
class Ending:
    """How a run ended: `ended` is one word for programs, `message` a line for people."""

    ended: str  # end, until, off, stop, refused, halted, emulator, timeout or interrupted
    message: str
    status: int  # run.sh's exit status


@dataclass
class Summary:
    ended: str = ""
    message: str = ""
    status: int = 0
    exits: dict[str, int] = field(default_factory=dict)
    exits_total: int = 0
    ticks: int | None = None
    options: str = ""
    cpu_model: str = ""
    cpus: int = 1
    mem_mb: int = 0
    emulator: str = ""
    emulator_version: str = ""
    image: str = ""
    guest_images: list[str] = field(default_factory=list)


def read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def counter_addresses(log: str) -> list[int]:
    """Where the exit counters of each CPU stand in physical memory, as hv16 logged it."""
    found = re.findall(r"^hv16: counters: cpu \d+ at (0x[0-9a-f]+)", log, re.MULTILINE)
    return [int(address, 16) for address in found]


def count_exits(machine: Machine, log: str) -> dict[str, int]:
    """Exits by name, of all CPUs together, those that happened, the most frequent first."""
    totals: dict[int, int] = {}
    for address in counter_addresses(log):
        data = machine.read(address, reasons.count() * 8)
        for reason, (exits,) in enumerate(struct.iter_unpack("<Q", data)):
            totals[reason] = totals.get(reason, 0) + exits
    ordered = sorted(totals.items(), key=lambda item: -item[1])
    return {reasons.name(reason): exits for reason, exits in ordered if exits}


def collect(machine: Machine, summary: Summary) -> str:
    """Reads the stopped machine into `summary` and screen.txt. Returns the screen's text."""
    out = machine.spec.out
    log = read_text(out / HV_LOG)
    options = re.search(r"^hv16: options: (.*)", log, re.MULTILINE)
    summary.options = options.group(1).strip() if options else summary.options
    screen = ""
    try:
        machine.stop()
        summary.ticks = machine.ticks()
        screen = screen_text(machine.read(TEXT_ADDRESS, TEXT_BYTES))
        summary.exits = count_exits(machine, log)
        summary.exits_total = sum(summary.exits.values())
        (out / "registers.txt").write_text(machine.guest_state() + machine.registers(), encoding="utf-8")
    except MachineError as error:
        (out / "dump-failed.txt").write_text(f"{error}\n", encoding="utf-8")
    (out / SCREEN).write_text(screen, encoding="utf-8")
    return screen


def save(out: Path, summary: Summary, ending: Ending) -> None:
    summary.ended, summary.message, summary.status = ending.ended, ending.message, ending.status
    text = json.dumps(asdict(summary), indent=2, ensure_ascii=False)
    (out / SUMMARY).write_text(text + "\n", encoding="utf-8")
    for name in (SERIAL, HV_LOG):  # there in any case, also when the machine never got so far
        (out / name).touch()


def describe(out: Path, summary: Summary) -> str:
    """The last lines a person reads, but for what went wrong: that goes to standard error."""
    lines = [f"run: {summary.message}"] if not summary.status else []
    if summary.exits_total:
        each = ", ".join(f"{name} {exits:,}" for name, exits in summary.exits.items())
        lines.append(f"run: {summary.exits_total:,} VM exits: {each}")
    if summary.ticks is not None:
        lines.append(f"run: {summary.ticks:,} ticks on {summary.emulator} "
                     f"{summary.emulator_version}, {summary.cpu_model}")
    files = " ".join((SERIAL, HV_LOG, SCREEN, SUMMARY))
    lines.append(f"run: see {shown(out)}/: {files}")
    return "\n".join(lines)
