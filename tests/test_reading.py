"""docs/reading.md: each file of hv/ has its line there, and only one."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
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
