"""tests/README.md: its examples are there. test_docs.py looks at its paths and its command."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "tests/README.md").read_text("utf-8")
KINDS = re.findall(r"^- \*\*(.*?)\*\*(.*?)(?=^- |^## )", README.split("## What every test")[0],
                   re.MULTILINE | re.DOTALL)


def missing(text: str) -> list[str]:
    """The tests in backticks that no file in backticks has."""
    words = re.findall(r"`([^`\s]+)`", text)
    files = [ROOT / word for word in words if re.search(r"/test_\w+\.(c|py)$", word)]
    sources = "".join(path.read_text("utf-8") for path in files if path.exists())
    tests = [word for word in words if re.fullmatch(r"test_\w+", word)]
    assert tests, "no example"
    return [test for test in tests
            if not re.search(rf"^(def|static void) {test}\(", sources, re.MULTILINE)]


@pytest.mark.parametrize("kind, text", KINDS, ids=[kind for kind, _ in KINDS])
def test_each_kind_has_an_example_that_exists(kind, text):
    assert missing(text) == []


def test_there_are_all_kinds():
    """Each folder below tests/ that has tests in it."""
    text = "".join(text for _, text in KINDS)
    files = [path for path in (ROOT / "tests").rglob("test_*") if path.suffix in (".c", ".py")]
    for folder in {path.parent for path in files}:
        assert f"`{folder.relative_to(ROOT).as_posix()}" in text, folder


def test_an_example_that_is_gone_is_noticed():
    text = "`tests/test_readme.py`, `test_there_are_all_kinds`, `test_gone`"
    assert missing(text) == ["test_gone"]
