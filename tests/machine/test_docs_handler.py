"""The exercise of docs/exits.md, "How to add one", done as it is written there: it builds and runs.

Each fenced block of C is for one file. A block that begins with /* hv/FILE, in place of "LINE": */
or with /* hv/FILE, after "LINE": */ goes to the line that begins like this, and only one may. Any
other block is a new file, whose first comment names it, as all of hv/ do.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from hv16.paths import ROOT

DOCUMENT = ROOT / "docs/exits.md"
BLOCK = re.compile(r"^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGE = re.compile(r'/\* hv/([\w/.]+), (in place of|after) "(.+)": \*/\n(.*)\Z', re.DOTALL)
NEW_FILE = re.compile(r"/\*\n \* ([\w/]+\.c): ")
PARTS = ("mbr", "stage2", "hv", "guest16", "tools", "build")


def exercise() -> str:
    text = DOCUMENT.read_text("utf-8")
    assert "## How to add one\n" in text
    return text.split("## How to add one\n")[1].split("\n## ")[0]


@dataclass
class Step:
    """One block: the file, and how its code gets there."""

    name: str
    code: str
    how: str = "a new file"  # or "in place of" a line, or "after" it
    line: str = ""

    def do(self, hv: Path) -> None:
        file = hv / self.name
        if self.how == "a new file":
            assert not file.exists(), f"{self.name} is no new file"
            file.write_text(self.code)
            return
        lines = file.read_text("utf-8").splitlines(keepends=True)
        at = [number for number, line in enumerate(lines) if line.strip().startswith(self.line)]
        assert len(at) == 1, f"{self.name} has {len(at)} lines that begin with {self.line!r}"
        kept = [lines[at[0]]] if self.how == "after" else []
        lines[at[0]:at[0] + 1] = [*kept, self.code]
        file.write_text("".join(lines))


def steps() -> list[Step]:
    found = []
    for code in BLOCK.findall(exercise()):
        if change := CHANGE.match(code):
            found.append(Step(change[1], change[4], change[2], change[3]))
        else:
            new = NEW_FILE.match(code)
            assert new, f"it is not said where this goes:\n{code}"
            found.append(Step(new[1], code))
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which the exercise has been done, built."""
    copy = tmp_path_factory.mktemp("exercise") / "hv16"
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part,
                        ignore=shutil.ignore_patterns("unit", "debian13*", "guests", "__pycache__"))
    for file in ("Makefile", "run.sh"):
        shutil.copy(ROOT / file, copy)
    for step in steps():
        step.do(copy / "hv")
    done = sh(copy, "make", "all")
    assert done.returncode == 0, done.stdout + done.stderr
    return copy


def sh(tree: Path, *words: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("MAKE") and name not in ("HV16_BUILD", "PYTHONPATH", "DISPLAY")}
    return subprocess.run(words, cwd=tree, env=kept, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)


def test_the_exercise_has_a_block_for_each_file() -> None:
    files = [step.name for step in steps()]
    assert files == ["vmx/controls.c", "exits/rdtsc.c", "exits/exits.h", "exits/table.c"]


def test_what_step_5_says_can_be_seen(tree: Path) -> None:
    """The exits that the text promises, and a bench whose figures are the old ones."""
    promised = re.search(r"counts ([\d,]+) exits for\s+RDTSC", exercise())
    assert promised
    done = sh(tree, "./run.sh", "--headless", "--run", "bench")
    assert done.returncode == 0, done.stdout + done.stderr
    log = (tree / "out/run/hv.log").read_text()
    counted = re.search(r"^hv16: cpu 0: (\d+) exits: RDTSC \(16\)$", log, re.MULTILINE)
    assert counted and int(counted[1]) == int(promised[1].replace(",", "")), log
    before = sh(ROOT, "./run.sh", "--headless", "--run", "bench", "--out", str(tree / "out/before"))
    figures = [re.findall(r"^bench (\w+) (\d+)$", run.stdout, re.MULTILINE) for run in (before, done)]
    assert figures[0] and figures[0] == figures[1], figures
