"""The demo `spinlocks`: one table of steps, from the lines that the guest prints in each mode."""

import re
from dataclasses import dataclass

from hv16.demos.demo import Demo
from hv16.demos.modes import EVERY_MODE, Outcome

LINE = re.compile(r"^spinlocks: ([\w-]+) ([0-9A-F]{4}) ([0-9A-F]{4}) (\d+) (\d+) (\d+) (\d+)$",
                  re.MULTILINE)
STEPS = 11


@dataclass(frozen=True)
class Step:
    """The state after a step. Vectors and priorities are classes, bits 7:4."""

    name: str
    requested: frozenset[int]  # in IRR
    in_service: frozenset[int]  # in ISR
    tpr: int
    ppr: int

    @property
    def right_ppr(self) -> int:
        return max(self.tpr, *self.in_service, 0)

    @property
    def right_threshold(self) -> int:
        """The class below which TPR must not fall unnoticed, 0 if there is none."""
        wanted = max(self.requested, default=0)
        return wanted if max(self.in_service, default=0) < wanted <= self.tpr else 0

    @property
    def intercept(self) -> bool:
        """Of MOV CR8, as docs/questions.md, question 5, has it: while TPR holds back anything of IRR and ISR."""
        return 0 < max(self.requested | self.in_service, default=0) <= self.tpr


def classes(bits: str) -> frozenset[int]:
    return frozenset(i for i in range(16) if int(bits, 16) >> i & 1)


def steps(outcome: Outcome) -> list[tuple[Step, int, int]]:
    """Each step with the TPR threshold then, and its exits."""
    return [(Step(name, classes(irr), classes(isr), int(tpr), int(ppr)), int(threshold), int(exits))
            for name, irr, isr, tpr, ppr, threshold, exits in LINE.findall(outcome.serial)]


def problem(outcome: Outcome) -> str:
    """What is not as it must be; empty if nothing."""
    mode, seen = outcome.case.mode, steps(outcome)
    if outcome.verdict != "ok":
        return outcome.reason or outcome.verdict
    if len(seen) != STEPS:
        return f"{len(seen)} steps of {STEPS}"
    for step, threshold, _ in seen:
        if step.ppr != step.right_ppr:
            return f"{step.name}: PPR is {step.ppr}, not {step.right_ppr}"
        wanted = step.right_threshold if mode in ("tpr-ro", "tpr") else 0
        if threshold != wanted:
            return f"{step.name}: the TPR threshold is {threshold}, not {wanted}"
    if mode in ("apicv", "x2apic", "posted") and any(exits for _, _, exits in seen):
        return "there are exits, though the processor can do all of it"
    return ""


def show(values: frozenset[int]) -> str:
    return "{" + ",".join(map(str, sorted(values))) + "}"


def rows(outcomes: list[Outcome]) -> tuple[list[str], list[list[str]]]:
    """The steps, which are the same in all modes, and the exits of each mode."""
    ran = {outcome.case.mode: steps(outcome) for outcome in outcomes if steps(outcome)}
    thresholds = ran.get("tpr") or next(iter(ran.values()), [])
    titles = ["step", "IRR", "ISR", "TPR", "PPR", "CR8", "threshold",
              *(outcome.case.mode for outcome in outcomes)]
    cells = []
    for i, (step, threshold, _) in enumerate(thresholds):
        exits = [str(ran[outcome.case.mode][i][2])
                 if i < len(ran.get(outcome.case.mode, [])) else "-" for outcome in outcomes]
        cells.append([step.name, show(step.requested), show(step.in_service), str(step.tpr),
                      str(step.ppr), "on" if step.intercept else "off", str(threshold or "-"),
                      *exits])
    return titles, cells


def differences(outcomes: list[Outcome]) -> dict[str, str]:
    """Modes in which a step leaves another state than in the first one."""
    ran = [(outcome.case.label, [step for step, _, _ in steps(outcome)])
           for outcome in outcomes if outcome.ran]
    return {label: f"the states are not those of apic={ran[0][0]}"
            for label, states in ran[1:] if states != ran[0][1]}


def notes(_: list[Outcome]) -> list[str]:
    return ["IRR, ISR, TPR, PPR: priority classes, bits 7:4, after the step. CR8: the mail's "
            "intercept. Threshold:", "TPR's, in the modes tpr-ro and tpr. The columns to the right "
            "are the exits of the step in each mode."]


TEXT = """\
The question (docs/questions.md, question 5): on AMD's processors KVM learns that TPR was lowered
by an intercept of MOV CR8. When must it be on? The mail answers with this example from Windows: two
nested spinlocks, which raise TPR to 2; a timer interrupt of class 13 inside; and the "deferred
procedure call" that its handler asks for by an interrupt of class 2, which must wait.

IRR and ISR, TPR and PPR are those of the mail, and its intercept follows from them: on while TPR
holds back the highest of IRR and ISR. It costs an exit for each write, so the second lock is taken
and released with two exits, and the release of the first is the third. Intel's TPR threshold is the
same idea with a number: TPR may be written as often as one likes, and only the write that goes
below the threshold exits. That is one exit in tpr, and the only one that TPR makes. It also looks
at IRR alone: what is in service comes to an end by an EOI, which is an exit of its own.

Both go wrong in the same way. If the condition is not looked at again when it may have changed, at
a request, an EOI, a delivery, a write that exits, the deferred call comes too early or never."""

DEMO = Demo(
    about="two locks, a timer and the work it puts off: what waits for what, and how it is noticed",
    cases=EVERY_MODE, problem=problem, notes=notes, text=TEXT, rows=rows, differences=differences)
