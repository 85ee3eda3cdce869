"""make check draws the floors of hv/, and fails on an arrow that runs up: from the includes, and from
the objects' own symbols."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ROOT / "tools/floors.py"


@pytest.fixture
def tree(tmp_path):
    """A copy of the sources and of their objects."""
    shutil.copytree(ROOT / "hv", tmp_path / "hv")
    shutil.copytree(ROOT / "build/hv", tmp_path / "build/hv")
    return tmp_path


def floors(tree: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, FLOORS, tree], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_tree_has_no_arrow_up(tree):
    status, drawing = floors(tree)
    assert status == 0 and "problems: 0" in drawing
    assert drawing.index("main.c") < drawing.index("exits/") < drawing.index("virt/") < drawing.index("lib/")


def test_an_include_from_above_is_noticed(tree):
    path = tree / "hv/mem/ept.c"
    path.write_text(path.read_text() + '#include "apic/apic.h"\n')
    status, drawing = floors(tree)
    assert status == 1 and "hv/mem/ept.c: an arrow up, to hv/apic/apic.h" in drawing


def replace(tree: Path, name: str, text: str) -> None:
    """Another object in place of hv/NAME.c's."""
    source = tree / "other.c"
    source.write_text(text)
    subprocess.run(["gcc", "-c", "-o", tree / "build/hv" / f"{name}.o", source], check=True, timeout=60)


def test_a_call_of_what_is_above_is_noticed(tree):
    """Whatever the headers say: a declaration by hand is enough to call."""
    replace(tree, "mem/pages", "void apic_choose(void);\nvoid *pages_alloc(unsigned n) { apic_choose(); return 0; }\n")
    status, drawing = floors(tree)
    assert status == 1 and "hv/mem/pages.c: an arrow up, to hv/apic/choose.c: apic_choose" in drawing


def test_a_circle_of_folders_on_one_floor_is_noticed(tree):
    replace(tree, "vmx/dump", "void nmi_forget(void);\nvoid vmx_dump(void) { nmi_forget(); }\n")
    status, drawing = floors(tree)
    assert status == 1 and "a circle of folders: virt vmx" in drawing


def test_a_folder_that_is_on_no_floor_is_noticed(tree):
    (tree / "hv/cellar").mkdir()
    (tree / "hv/cellar/rats.c").write_text("")
    assert "hv/cellar/rats.c: is on no floor" in floors(tree)[1]
