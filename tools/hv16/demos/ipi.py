"""What the demo "ipi" must show: interrupts from one processor to another that is busy."""

from hv16.demos.modes import Outcome, pairs

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
