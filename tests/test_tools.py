"""The Python of tools/: files of one page's size with names of their own, and imports that stand at
the top and go one way. Where two files need each other, neither can be read first."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"
LINES_MAX = 300


def sources(top: Path) -> dict[str, str]:
    """Every module below `top` by its name, such as "hv16.labs.lab"."""
    files = {path.relative_to(top).with_suffix("").parts: path for path in top.rglob("*.py")}
    return {".".join(part for part in parts if part != "__init__"): path.read_text("utf-8")
            for parts, path in files.items()}


def imports_of(text: str) -> list[ast.stmt]:
    """Those inside of functions as well."""
    return [node for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.Import, ast.ImportFrom))]


def deferred(modules: dict[str, str]) -> list[str]:
    """Imports that do not stand at the top, as "module:line"."""
    at_top = {name: {node.lineno for node in ast.parse(text).body}
              for name, text in modules.items()}
    return [f"{name}:{node.lineno}" for name, text in modules.items() for node in imports_of(text)
            if node.lineno not in at_top[name]]


def wanted(node: ast.stmt) -> list[str]:
    """The names that an import asks for: of modules, or of what is in one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def cycle(modules: dict[str, str]) -> list[str]:
    """Modules that import each other in a circle; none if there is no circle."""
    graph: dict[str, set[str]] = {}
    for name, text in modules.items():
        asked = [one for node in imports_of(text) for one in wanted(node)]
        graph[name] = {one if one in modules else one.rpartition(".")[0] for one in asked}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def same_names(modules: dict[str, str]) -> list[str]:
    last = [name.rpartition(".")[2] for name in modules]
    return sorted(name for name in modules if last.count(name.rpartition(".")[2]) > 1)


def test_all_of_the_tools_are_looked_at():
    assert {"check", "hv16.__main__", "hv16.demos", "hv16.labs.lab"} <= sources(TOOLS).keys()


def test_every_import_stands_at_the_top():
    assert deferred(sources(TOOLS)) == []


def test_no_modules_import_each_other_in_a_circle():
    assert cycle(sources(TOOLS)) == []


def test_no_two_files_have_one_name():
    assert same_names(sources(TOOLS)) == []


def test_no_file_is_too_long():
    long = {name: text.count("\n") for name, text in sources(TOOLS).items()}
    assert {name: lines for name, lines in long.items() if lines > LINES_MAX} == {}


# --- Each of these is noticed ----------------------------------------------------------------------


def test_an_import_inside_a_function_is_noticed():
    assert deferred({"hv16.a": "import os\n\n\ndef f():\n    import re\n"}) == ["hv16.a:5"]


@pytest.mark.parametrize("back", [
    "from hv16 import a\n", "from hv16.a import f\n", "import hv16.a\n",
    "def f():\n    from hv16 import a\n"])
def test_a_circle_is_noticed(back):
    modules = {"hv16.a": "from hv16 import b\n", "hv16.b": "from hv16.c import f\n", "hv16.c": back}
    assert {"hv16.a", "hv16.b", "hv16.c"} == set(cycle(modules))
    assert cycle({**modules, "hv16.c": ""}) == []


def test_two_files_of_one_name_are_noticed():
    assert same_names({"hv16.cli": "", "hv16.labs.cli": "", "hv16.labs": ""}) == [
        "hv16.cli", "hv16.labs.cli"]
