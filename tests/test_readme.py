"""tests/README.md: the examples that it names are there. test_docs.py looks at its paths and commands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KINDS = re.findall(r"^- \*\*(.*?)\*\*(.*?)(?=^- |^## )", (ROOT / "tests/README.md").read_text("utf-8"),
                   re.MULTILINE | re.DOTALL)


def missing(text: str) -> list[str]:
    """The tests in backticks that no file in backticks has."""
    words = re.findall(r"`([^`\s]+)`", text)
    files = [ROOT / word for word in words if re.search(r"/test_\w+\.(c|py)$", word)]
    sources = "".join(path.read_text("utf-8") for path in files if path.exists())
    tests = [word for word in words if re.fullmatch(r"test_\w+", word)]
    assert tests, "no example"
    return [test for test in tests if not re.search(rf"^(def|static void) {test}\(", sources, re.MULTILINE)]


@pytest.mark.parametrize("kind, text", KINDS, ids=[kind for kind, _ in KINDS])
def test_each_kind_has_an_example_that_exists(kind, text):
    assert missing(text) == []


def test_there_are_all_kinds():
    """Each folder below tests/ that has tests in it."""
    text = "".join(text for _, text in KINDS)
    for folder in {path.parent for path in (ROOT / "tests").rglob("test_*.*") if path.suffix in (".c", ".py")}:
        assert f"`{folder.relative_to(ROOT).as_posix()}" in text, folder


def test_an_example_that_is_gone_is_noticed():
    assert missing("`tests/test_readme.py`, `test_there_are_all_kinds`, `test_gone`") == ["test_gone"]
