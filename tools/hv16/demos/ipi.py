"""What the demo "ipi" must show: interrupts from one processor to another that is busy."""

from hv16.demos.demo import Demo
from hv16.demos.modes import EVERY_MODE, Outcome, pairs

ROUNDS = 1000


def posts_itself(outcome: Outcome) -> bool:
    """Whether the processor itself takes posted interrupts over."""
    return outcome.case.mode == "posted" and "drained in software" not in outcome.log


def problem(outcome: Outcome) -> str:
    if outcome.verdict != "ok":
        return outcome.reason or outcome.verdict
    if outcome.values.get("delivered") != f"{ROUNDS}, ok":
        return "not all interrupts have come"
    none = outcome.case.mode == "off" or posts_itself(outcome)
    exits = sum(pairs(outcome.values.get("receiver-exits", "")).values())
    if none and exits:
        return f"{ROUNDS:,} interrupts made {exits:,} exits of the receiver, expected 0"
    if not none and exits < ROUNDS:
        return f"{ROUNDS:,} interrupts made {exits:,} exits of the receiver, expected more"
    return ""


def cells(outcome: Outcome) -> list[str]:
    row = []
    for key in ("sender-exits", "receiver-exits"):
        exits = pairs(outcome.values.get(key, ""))
        row += [f"{sum(exits.values()) / ROUNDS:.2f}",
                ", ".join(f"{reason}: {count:,}" for reason, count in exits.items()) or "none"]
    return row if "sender-exits" in outcome.values else ["-"] * 4


def notes(outcomes: list[Outcome]) -> list[str]:
    posted = [outcome for outcome in outcomes if outcome.case.mode == "posted" and outcome.ran]
    how = "by the processor" if any(map(posts_itself, posted)) else (
        "in software: this processor cannot; Bochs 2.8 and later have some that can")
    return [f"{ROUNDS:,} interrupts, one after the other, to a processor that is busy in the guest.",
            "Exits per interrupt, and all by reason. 7 and 52: the NMI (0) came while the receiver was in",
            "hv16 for the EOI before.",
            f"posted: interrupts are taken over {how}."]


TEXT = """\
An interrupt for another processor leaves the sender by a write of ICR, which exits: hv16 has to find
out who is meant. The receiver runs in the guest, so something must tell it. In mmio to x2apic that is
an NMI, which exits whatever the guest does (reason 0), and hv16 injects the interrupt at the next entry;
where the EOI is not virtualized it exits as well (44 or 48). A processor with "process posted
interrupts" needs none of this: hv16 sets the vector's bit in a descriptor in memory and sends a
notification, and the receiver moves the bits to its virtual IRR by itself and delivers, without an exit.
With apic=off nobody exits, because hv16 has no part in it."""

DEMO = Demo(
    about="interrupts to the second processor, which is busy: what each one costs there",
    cases=EVERY_MODE, titles=["sender", "its exits", "receiver", "the receiver's exits"],
    cells=cells, problem=problem, notes=notes, text=TEXT, cpus=2, cpu="corei7_skylake_x")
