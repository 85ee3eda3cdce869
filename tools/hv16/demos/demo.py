"""What a demo is made of, and how one run of it is judged."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hv16.demos.modes import Case, Outcome


@dataclass(frozen=True)
class Demo:
    """How one demo is run, shown and judged."""

    about: str
    text: str  # below the table: the question, and the answer that the table shows
    cases: list[Case]
    problem: Callable[[Outcome], str]  # what is not as it must be; empty if nothing
    notes: Callable[[list[Outcome]], list[str]]
    titles: list[str] = field(default_factory=list)  # between "apic=" and "verdict"
    cells: Callable[[Outcome], list[str]] = lambda _: []  # below those titles
    # Titles and rows of another table than one with a row for each case.
    rows: Callable[[list[Outcome]], tuple[list[str], list[list[str]]]] | None = None
    differences: Callable[[list[Outcome]], dict[str, str]] | None = None  # between the cases
    cpus: int = 1  # processors it needs
    cpu: str = ""  # the model that shows most


def judge(demo: Demo, outcome: Outcome) -> tuple[list[str], str]:
    """A row of the table, and what is wrong with it."""
    blank = ["-"] * len(demo.titles)
    if outcome.lacks:
        return [outcome.case.label, *blank, f"not here: {outcome.lacks}"], ""
    if outcome.problem:
        return [outcome.case.label, *blank, "WRONG"], outcome.problem
    problem = demo.problem(outcome)
    verdict = "WRONG" if problem else "ok" if outcome.verdict == "ok" else (
        "skipped" if outcome.verdict == "skipped" else "as it must: " + outcome.reason)
    return [outcome.case.label, *demo.cells(outcome), verdict], problem
