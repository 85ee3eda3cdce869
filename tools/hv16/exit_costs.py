"""`bench`: the same guest program natively and under hv16, and one table of both."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from hv16 import models, run, summary
from hv16.demos import modes
from hv16.demos.modes import Outcome
from hv16.image import LOADED_SECTORS_MAX, MBR_CODE_MAX, SECTOR
from hv16.machine import SERIAL
from hv16.pack import pack
from hv16.paths import BUILD, EXIT_OK, EXIT_STOPPED, ROOT, fail
from hv16.run import RunRequest

OUT = ROOT / "out" / "bench"
CPUID_LIMIT = 80
PEERS = "BitVisor 428, KVM 960 (mitigations off), bare assembly stub 9, plain C handler 81"
LINE = re.compile(r"^bench (.+?) (\d+)\r?$", re.MULTILINE)
LABELS = {  # guest16's short names, spelt out
    "cpuid": "CPUID", "rdmsr": "RDMSR 1Bh", "out80": "OUT 80h", "in61": "IN 61h",
    "movcr0": "MOV CR0", "int10": "INT 10h/03h", "e820": "INT 15h E820",
    "int13": "INT 13h/42h, one sector",
}


@dataclass(frozen=True)
class Row:
    """One operation, in ticks: the minimum of many, loop overhead taken off."""

    operation: str
    native: int
    hv16: int

    @property
    def label(self) -> str:
        return LABELS.get(self.operation, self.operation)

    @property
    def ratio(self) -> float:
        return self.hv16 / self.native if self.native else float("inf")

    @property
    def exits(self) -> bool:
        """Whether the operation leaves the guest: what does not costs what it costs natively."""
        return self.hv16 > self.native


def measure(request: RunRequest, native: bool) -> dict[str, int] | None:
    """Runs guest16's bench; ticks by operation. None, with a message, when the run failed."""
    name = "native" if native else "hv16"
    out = (OUT if request.out == run.DEFAULT_OUT else request.out) / name
    report = run.execute(replace(request, native=native, autorun="bench", must_run=True,
                                 interactive=False, quiet=True, out=out,
                                 timeout=request.timeout or 60))
    if report.status != EXIT_OK:
        fail(f"bench, {name}: {report.message}; see {run.shown(out)}/")
        return None
    return {operation: int(ticks) for operation, ticks
            in LINE.findall(summary.read_text(out / SERIAL))}


def sizes() -> dict[str, int]:
    parts = {name: (BUILD / f"{name}.bin") for name in ("mbr", "stage2", "hv")}
    mbr = parts["mbr"].read_bytes()[:MBR_CODE_MAX].rstrip(b"\0")
    return {"mbr_code": len(mbr), "stage2": parts["stage2"].stat().st_size,
            "hv": parts["hv"].stat().st_size, "hv_packed": len(pack(parts["hv"].read_bytes()))}


def table(rows: list[Row], size: dict[str, int]) -> str:
    width = max(len(row.label) for row in rows)
    lines = [f"{'operation':{width}}  {'native':>8}  {'hv16':>8}  {'ratio':>7}  exit"]
    for row in rows:
        lines.append(f"{row.label:{width}}  {row.native:8,}  {row.hv16:8,}  {row.ratio:7.2f}  "
                     + ("yes" if row.exits else "no"))
    loaded = size["stage2"] + size["hv_packed"]
    lines += ["", "Ticks: instructions on Bochs, exact and repeatable.",
              f"CPUID is to take at most {CPUID_LIMIT} ticks. Others, measured the same way: "
              f"{PEERS}.",
              f"MBR code: {size['mbr_code']} bytes of {MBR_CODE_MAX}. stage2 + hypervisor, "
              f"packed: {size['stage2']:,} + {size['hv_packed']:,} = {loaded:,} bytes of "
              f"{LOADED_SECTORS_MAX * SECTOR:,}; the hypervisor unpacked: {size['hv']:,}."]
    return "\n".join(lines)


def bench_command(request: RunRequest, json_file: str | None) -> int:
    native = measure(request, native=True)
    ours = measure(request, native=False) if native is not None else None
    if native is None or ours is None:
        return EXIT_STOPPED
    rows = [Row(name, native[name], ours[name]) for name in native if name in ours]
    if not rows:
        fail("bench: guest16 printed no line \"bench NAME TICKS\"")
        return EXIT_STOPPED
    size = sizes()
    print(table(rows, size))
    if json_file:
        data = {"rows": [{"operation": row.operation, "native": row.native, "hv16": row.hv16,
                          "ratio": round(row.ratio, 4), "exits": row.exits} for row in rows],
                "sizes": size, "cpuid_limit": CPUID_LIMIT}
        Path(json_file).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return EXIT_OK


# --- bench --apic: accesses to the local APIC ----------------------------------------------------

APIC_LINE = re.compile(r"^bench-apic ([\w-]+) (\d+)(?: (\d+))?$", re.MULTILINE)
APIC_ROUNDS = 1000  # of each operation, for the exits
APIC_PEERS = "BitVisor TPR write 9,090, KVM 3,960 (mitigations off)"
MMIO_LIMIT = 600  # ticks of an access in mmio
FREE_MODES = ("tpr", "apicv", "x2apic", "posted")
FASTER = 100  # so many times fewer ticks than mmio, in the free modes


def apic_figures(outcome: Outcome) -> dict[str, tuple[int, float]]:
    """Ticks and exits of each operation."""
    found = {name: (int(ticks), int(exits or 0) / APIC_ROUNDS)
             for name, ticks, exits in APIC_LINE.findall(outcome.serial)}
    if "eoi" in found:  # ticks of one that ends an interrupt, exits of any
        found["eoi"] = (found["eoi"][0], found["eoi-idle"][1])
    return found


def apic_cell(figures: dict[str, tuple[int, float]], name: str) -> str:
    if name not in figures:
        return "-"
    ticks, exits = figures[name]
    return f"{ticks:,} / {round(exits, 1):g}"


def apic_row(outcome: Outcome) -> list[str]:
    figures = apic_figures(outcome)
    why = f"not here: {outcome.lacks}" if outcome.lacks else outcome.problem or outcome.reason
    return [outcome.case.mode, *(apic_cell(figures, name) for name in
            ("tpr-write", "tpr-read", "tpr-both", "self-ipi", "eoi", "interrupt")), why]


def apic_targets(outcomes: list[Outcome]) -> list[str]:
    """One line for each target that can be judged here."""
    both = {outcome.case.mode: apic_figures(outcome) for outcome in outcomes
            if outcome.verdict == "ok"}
    lines = []
    if "mmio" in both:
        worst = max(both["mmio"][name][0] for name in ("tpr-write", "tpr-read"))
        lines.append(f"mmio: {worst:,} ticks per access, at most {MMIO_LIMIT}: "
                     + ("met" if worst <= MMIO_LIMIT else "MISSED"))
    for mode in (mode for mode in FREE_MODES if mode in both and "mmio" in both):
        ticks, exits = both[mode]["tpr-both"]
        times = both["mmio"]["tpr-both"][0] / max(ticks, 1)
        lines.append(f"{mode}: TPR write + read {exits:g} exits, none allowed; {times:,.0f} times "
                     f"fewer ticks than mmio, at least {FASTER}: "
                     + ("met" if exits == 0 and times >= FASTER else "MISSED"))
    return lines


def apic_command(request: RunRequest, json_file: str | None) -> int:
    folder = OUT / "apic" if request.out == run.DEFAULT_OUT else request.out
    outcomes = [modes.run_case(request, "bench-apic", modes.Case(mode), folder)
                for mode in models.APIC_MODES]
    titles = ["apic=", "TPR write", "TPR read", "write + read", "self-IPI", "EOI", "interrupt", ""]
    print(modes.table(titles, [apic_row(outcome) for outcome in outcomes]))
    print("\nTicks / exits: instructions on Bochs, the least of 1,000; exits on average.\n"
          "Interrupt: ticks from the request to the handler's first instruction; exits of request, "
          f"delivery and EOI.\nOthers, measured the same way: {APIC_PEERS}.")
    print("\n".join(apic_targets(outcomes)))
    if json_file:
        data = {"modes": {outcome.case.mode: {
            name: {"ticks": ticks, "exits": exits}
            for name, (ticks, exits) in apic_figures(outcome).items()} for outcome in outcomes},
            "lacks": {outcome.case.mode: outcome.lacks for outcome in outcomes if outcome.lacks},
            "mmio_limit": MMIO_LIMIT, "faster": FASTER}
        Path(json_file).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    wrong = [outcome for outcome in outcomes if outcome.problem or outcome.verdict == "FAILED"]
    for outcome in wrong:
        fail(f"bench, apic={outcome.case.mode}: {outcome.problem or outcome.reason}")
    if not wrong and not any(outcome.verdict == "ok" for outcome in outcomes):
        fail("bench --apic: nothing can be measured on this processor; ./run.sh doctor lists others")
        return EXIT_STOPPED
    return EXIT_STOPPED if wrong else EXIT_OK
