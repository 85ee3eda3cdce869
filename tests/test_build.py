"""The build refuses what would not boot: parts that are too large for their place on the disk."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tree(tmp_path):
    """A copy of what is built, with all that has been built already."""
    for name in ("mbr", "stage2", "hv", "guest16", "tools", "build"):
        shutil.copytree(ROOT / name, tmp_path / name,
                        ignore=shutil.ignore_patterns("unit", "__pycache__"))
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def make(tree: Path, target: str) -> subprocess.CompletedProcess:
    keep = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", target], cwd=tree, env=keep, capture_output=True, text=True,
                          timeout=120, check=False)


def insert(path: Path, before: str, text: str) -> None:
    source = path.read_text()
    assert before in source
    path.write_text(source.replace(before, text + before, 1))


def test_the_copy_builds(tree):
    insert(tree / "mbr/mbr.asm", "mbr_code_size equ", "nop\n")
    done = make(tree, "all")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file, before, more, target, complaint", [
    ("mbr/mbr.asm", "mbr_code_size equ", "times 20 nop\n", "build/mbr.bin",
     "the MBR's code does not fit before the disk signature"),
    ("stage2/stage2.asm", "stage2_end:", "times 32768 nop\n", "build/stage2.bin",
     "stage2 would reach into the buffer for the hypervisor"),
    ("hv/guest/resident.asm", "align 8\nresident_end:", "times 2048 nop\n", "build/resident.bin",
     "do not fit in RESIDENT_SIZE"),
    ("hv/main.c", "static struct vcpu", "const char too_much[65536] = {1};\n", "all",
     "at most 128 fit"),
], ids=["mbr", "stage2", "resident", "hypervisor"])
def test_a_part_that_is_too_large_fails_the_build_and_says_so(tree, file, before, more, target,
                                                              complaint):
    insert(tree / file, before, more)
    done = make(tree, target)
    assert done.returncode != 0
    assert complaint in done.stdout + done.stderr
