"""The demo "tpr-shadow": what a change of the task priority costs, and what goes wrong."""

from hv16 import reasons
from hv16.demos.demo import Demo
from hv16.demos.modes import EVERY_MODE, Case, Outcome, pairs

OPERATIONS = 40_000  # on TPR: 10,000 pairs, two writes and two reads in each
EXITS = {"mmio": OPERATIONS, "tpr-ro": OPERATIONS // 2}  # of those; elsewhere none
BITES = {  # what the bugs must do, and where; elsewhere nothing
    Case("tpr", "stale-tpr"): "IRQL violation",
    Case("tpr", "no-threshold"): "lost interrupt",
}


def cases() -> list[Case]:
    return EVERY_MODE + [Case(mode, bug) for mode in ("mmio", "tpr-ro", "tpr")
                         for bug in ("stale-tpr", "no-threshold")]


def problem(outcome: Outcome) -> str:
    bite = BITES.get(outcome.case)
    if bite:
        if outcome.reason == bite:
            return ""
        return f"the bug does not bite: expected {bite}, was {outcome.reason or outcome.verdict}"
    if outcome.verdict != "ok":
        return outcome.reason or outcome.verdict
    if outcome.values.get("order") != "ok" or outcome.values.get("delivered") != "2000":
        return "not all interrupts came in order"
    if "tpr-exits" not in outcome.values:
        return "the exits of accesses to TPR were not counted"
    exits = sum(pairs(outcome.values["tpr-exits"]).values())
    expected = EXITS.get(outcome.case.mode, 0)
    return "" if exits == expected else (f"{OPERATIONS:,} accesses to TPR made {exits:,} exits,"
                                         f" expected {expected:,}")


def cells(outcome: Outcome) -> list[str]:
    values = outcome.values
    exits = ", ".join(f"{reason}: {count:,}" for reason, count
                      in pairs(values.get("exits", "")).items())
    per_access = sum(pairs(values.get("tpr-exits", "")).values()) / OPERATIONS
    delivered = values.get("delivered")
    return [f"{per_access:.2f}" if "tpr-exits" in values else "-", values.get("ticks-per-op", "-"),
            (exits or "none") if "exits" in values else "-",
            f"{int(delivered):,}" if delivered else "-", values.get("latency", "-"),
            values.get("order", "-")]


def notes(outcomes: list[Outcome]) -> list[str]:
    seen = sorted({reason for outcome in outcomes
                   for reason in pairs(outcome.values.get("exits", ""))})
    names = ", ".join(f"{reason} {reasons.name(reason)}" for reason in seen)
    ticks = {outcome.case.mode: float(outcome.values["ticks-per-op"]) for outcome in outcomes
             if outcome.ran and not outcome.case.bug and "ticks-per-op" in outcome.values}
    notes = ["Exits and ticks per access: 10,000 pairs in peace, 40,000 accesses to TPR. Exits by "
             "reason, interrupts,", "order: 10,000 pairs, and in each 20th of them four interrupts."
             " Latency: ticks from the request", "to the handler's first instruction."]
    if names:
        notes.append(f"Exit reasons: {names}.")
    if ticks.get("mmio") and ticks.get("tpr"):
        notes.append(f"An access to TPR costs {ticks['mmio']:g} ticks in mmio and {ticks['tpr']:g} "
                     f"in tpr: {ticks['mmio'] / ticks['tpr']:,.0f} times less.")
    return notes


TEXT = """\
The question (docs/questions.md, question 2): with the APIC-access page mapped read-only, Windows
XP runs well and up to three times faster than with every access emulated. Mapped for writing, it
dies with IRQL_NOT_LESS_OR_EQUAL. Is the value in the virtual-APIC page not to be trusted?

It is the only one to be trusted. In tpr-ro each write of TPR is an EPT violation, so a hypervisor
sees every value and may keep a copy. In tpr the processor writes offset 80H of the virtual-APIC
page and tells nobody. A hypervisor that still computes the priority from its copy (bug=stale-tpr)
delivers interrupts into code that has raised TPR to be safe from them. The same bug does nothing
in mmio and tpr-ro: there the copy is renewed by each exit. It was there all the time.

The second half is the way down. Nobody tells the hypervisor either that TPR has been lowered,
unless it says below which class it wants to know: the TPR threshold. Without it (bug=no-threshold)
an interrupt that was held back stays in IRR until some other exit happens to come by. So: read TPR
from the page each time, and work out the threshold anew whenever IRR, ISR or TPR has changed."""

DEMO = Demo(
    about="what a change of the task priority costs, and what goes wrong when it is free",
    cases=cases(), titles=["exits/access", "ticks/access", "exits by reason", "interrupts",
                           "latency", "order"],
    cells=cells, problem=problem, notes=notes, text=TEXT)
