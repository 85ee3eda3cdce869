"""docs/reading.md: each file of hv/ has its line there, and only one. README.md: its map and its table
of labs have what there is."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGE = (ROOT / "docs/reading.md").read_text("utf-8")
# A line of a listing: the file, then what to look for. A name such as hv/mem/ept.[ch] is two files.
ENTRY = re.compile(r"^(hv/\S+)  +\S", re.MULTILINE)


def listed(text: str) -> list[str]:
    """The files, each as often as it is listed; a name that is nobody's stays as it is."""
    found = []
    for name in ENTRY.findall(text):
        paths = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob(name))]
        found += paths or [name]
    return found


def problems(text: str) -> dict[str, int]:
    """Each file that is not listed exactly once, and how often it is."""
    count = Counter(listed(text))
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "hv").rglob("*")
             if path.suffix in (".c", ".h", ".asm")}
    return {name: count[name] for name in sorted(files | count.keys())
            if count[name] != (1 if name in files else 0)}


def test_each_file_has_one_line() -> None:
    assert problems(PAGE) == {}


@pytest.mark.parametrize("before, after, complaint", [
    ("hv/main.c ", "hv/mine.c ", {"hv/main.c": 0, "hv/mine.c": 1}),
    ("hv/main.c ", "hv/entry.asm ", {"hv/main.c": 0, "hv/entry.asm": 2}),
    ("hv/mem/ept.[ch] ", "hv/mem/ept.c ", {"hv/mem/ept.h": 0}),
])
def test_a_wrong_line_is_noticed(before: str, after: str, complaint: dict[str, int]) -> None:
    assert before in PAGE
    assert problems(PAGE.replace(before, after)) == complaint


def test_the_map_has_every_folder() -> None:
    """In the README: the folders of the tree at the margin, those of hv/ below hv/."""
    plan = README.split("## Map\n")[1].split("```")[1]
    top = {line.split("/")[0] for line in plan.splitlines() if re.match(r"\w+/ ", line)}
    below = {line.split("/")[0].strip() for line in plan.splitlines() if re.match(r" +\w+/ ", line)}
    inside = {path.name for path in (ROOT / "hv").rglob("*") if path.is_dir()}
    assert top == {"mbr", "stage2", "hv", "guest16", "labs", "tools", "tests", "docs"}
    assert below == inside


def test_the_table_of_labs_has_every_lab() -> None:
    rows = re.findall(r"^\| +(\d+) +\| (.+?) +\|", README, re.MULTILINE)
    labs = [(int(file.parent.name.split("-")[0]), tomllib.loads(file.read_text("utf-8"))["title"])
            for file in sorted((ROOT / "labs").glob("*/lab.toml"))]
    assert [(int(number), title) for number, title in rows] == labs
