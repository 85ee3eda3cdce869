"""One program of guest16 in one APIC mode after the other, for `demo` and `bench --apic`."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from hv16 import models, run, summary
from hv16.machine import HV_LOG, SERIAL
from hv16.paths import EXIT_OK
from hv16.run import RunRequest

RUN_SECONDS = 60
REFUSED = re.compile(r"^hv16: (?:refused: )?(?:apic=[\w-]+: )?(.*?)(?:; apic=auto.*)?$")
VERDICT = re.compile(r"^guest16: demo \S+ (ok|skipped|FAILED)(?:: (.*?))?\r?$", re.MULTILINE)
STORM = "INIT exits, and the guest has not executed one instruction"
X2APIC_MODES = ("x2apic", "posted")


@dataclass(frozen=True)
class Case:
    """One run: the options apic=, bug= and init=."""

    mode: str
    bug: str = ""
    init: str = ""

    @property
    def more(self) -> list[str]:
        return [f"{key}={value}" for key, value in (("bug", self.bug), ("init", self.init)) if value]

    @property
    def options(self) -> list[str]:
        return [f"apic={self.mode}", *self.more]

    @property
    def label(self) -> str:
        return ", ".join([self.mode, *self.more])

    @property
    def folder(self) -> str:
        return "-".join([self.mode, *(word.partition("=")[2] for word in self.more)])


EVERY_MODE = [Case(mode) for mode in models.APIC_MODES]


@dataclass
class Outcome:
    """What became of a case. One of `lacks`, `problem` and `verdict` says it in a word."""

    case: Case
    lacks: str = ""  # hv16 refused: what the processor lacks, in hv16's words
    problem: str = ""  # the run did not come to the demo's end
    verdict: str = ""  # the guest's: ok, skipped or FAILED
    reason: str = ""  # why not ok
    serial: str = ""
    log: str = ""  # hv16's
    exits: dict[str, int] = field(default_factory=dict)  # by name, as hv16 counted them
    values: dict[str, str] = field(default_factory=dict)  # the guest's lines "NAME: KEY VALUE"
    tsc_per_tick: int = 1

    @property
    def ran(self) -> bool:
        return not self.lacks and not self.problem

    @property
    def others(self) -> dict[str, str]:
        """What the guest's other processors found, by their names: "cpu-01"."""
        return {key: value for key, value in self.values.items() if key.startswith("cpu-")}


def run_case(request: RunRequest, name: str, case: Case, folder: Path) -> Outcome:
    """Boots guest16 with this demo under hv16 with the case's options."""
    out = folder / case.folder
    report = run.execute(replace(
        request, native=False, autorun=name, must_run=True, interactive=False, quiet=True, out=out,
        options=[*request.options, *case.options], timeout=request.timeout or RUN_SECONDS))
    outcome = Outcome(case, serial=summary.read_text(out / SERIAL).replace("\r", ""),
                      log=summary.read_text(out / HV_LOG), tsc_per_tick=request.tsc_per_tick)
    features = models.FEATURES.get(report.cpu_model)
    refused = REFUSED.match(report.message) if report.ended == "refused" else None
    if refused and (features is None or case.mode not in features.apic_modes):
        outcome.lacks = refused.group(1)
        return outcome
    outcome.exits = report.exits
    outcome.values = dict(re.findall(rf"^{name}: (\S+) ?(.*)$", outcome.serial, re.MULTILINE))
    last = VERDICT.search(outcome.serial)
    if case.init == "storm" and report.ended == "stop" and STORM in report.message:
        outcome.verdict, outcome.reason = "stopped", "no guest instruction any more"
        return outcome
    if report.ended != "end" or last is None:
        outcome.problem = f"{report.message}; see {run.shown(out)}/{HV_LOG}"
        return outcome
    outcome.verdict, outcome.reason = last.group(1), last.group(2) or ""
    if report.status != EXIT_OK and outcome.verdict == "ok":
        outcome.problem = report.message
    return outcome


def pairs(text: str) -> dict[int, int]:
    """The guest's "44 2000 43 17" as exits by reason."""
    numbers = [int(word) for word in text.split() if word.isdigit()]
    return dict(zip(numbers[::2], numbers[1::2]))


def table(titles: list[str], rows: list[list[str]]) -> str:
    """Columns of text: the first to the left, and the last if it is not of numbers, others right."""
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]
    last = len(titles) - 1
    left = {0} if all(row[last].isdigit() or row[last] == "-" for row in rows) else {0, last}

    def line(cells: list[str]) -> str:
        parts = [cell.ljust(width) if i in left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(cells, widths))]
        return "  ".join(parts).rstrip()

    return "\n".join([line(titles), line(["-" * width for width in widths]), *map(line, rows)])
