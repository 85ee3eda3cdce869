"""`bench --apic`: what an access to the local APIC costs in each mode, and which targets are met."""

import json
import re
from pathlib import Path

from hv16 import models, run
from hv16.demos import modes
from hv16.demos.modes import Outcome
from hv16.paths import EXIT_OK, EXIT_STOPPED, ROOT, fail
from hv16.run import RunRequest

OUT = ROOT / "out" / "bench" / "apic"
LINE = re.compile(r"^bench-apic ([\w-]+) (\d+)(?: (\d+))?$", re.MULTILINE)
ROUNDS = 1000  # of each operation, for the exits
PEERS = "BitVisor TPR write 9,090, KVM 3,960 (mitigations off)"
MMIO_LIMIT = 600  # ticks of an access in mmio
FREE_MODES = ("tpr", "apicv", "x2apic", "posted")
FASTER = 100  # so many times fewer ticks than mmio, in the free modes


def figures_of(outcome: Outcome) -> dict[str, tuple[int, float]]:
    """Ticks and exits of each operation."""
    found = {name: (int(ticks) // outcome.tsc_per_tick, int(exits or 0) / ROUNDS)
             for name, ticks, exits in LINE.findall(outcome.serial)}
    if "eoi" in found:  # ticks of one that ends an interrupt, exits of any
        found["eoi"] = (found["eoi"][0], found["eoi-idle"][1])
    return found


def cell(figures: dict[str, tuple[int, float]], name: str) -> str:
    if name not in figures:
        return "-"
    ticks, exits = figures[name]
    return f"{ticks:,} / {round(exits, 1):g}"


def row(outcome: Outcome) -> list[str]:
    figures = figures_of(outcome)
    why = f"not here: {outcome.lacks}" if outcome.lacks else outcome.problem or outcome.reason
    return [outcome.case.mode, *(cell(figures, name) for name in
            ("tpr-write", "tpr-read", "tpr-both", "self-ipi", "eoi", "interrupt")), why]


def targets(outcomes: list[Outcome]) -> list[str]:
    """One line for each target that can be judged here."""
    both = {outcome.case.mode: figures_of(outcome) for outcome in outcomes
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


def bench_apic_command(request: RunRequest, json_file: str | None) -> int:
    folder = OUT if request.out == run.DEFAULT_OUT else request.out
    outcomes = [modes.run_case(request, "bench-apic", modes.Case(mode), folder)
                for mode in models.APIC_MODES]
    titles = ["apic=", "TPR write", "TPR read", "write + read", "self-IPI", "EOI", "interrupt", ""]
    print(modes.table(titles, [row(outcome) for outcome in outcomes]))
    print("\nTicks / exits: instructions on Bochs and QEMU, the least of 1,000; exits on average.\n"
          "Interrupt: ticks from the request to the handler's first instruction; exits of request, "
          f"delivery and EOI.\nOthers, measured the same way: {PEERS}.")
    print("\n".join(targets(outcomes)))
    if json_file:
        data = {"modes": {outcome.case.mode: {
            name: {"ticks": ticks, "exits": exits}
            for name, (ticks, exits) in figures_of(outcome).items()} for outcome in outcomes},
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
