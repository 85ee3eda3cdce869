"""xv6 as a foreign guest: its usertests, with two processors.

It is not part of this repository: XV6= names a folder with the sources of xv6-public, the one for x86,
which are built from a copy. It boots by itself. Its files are in memory (xv6memfs.img): with a disk it takes
several times as long. What its kernel prints comes with gaps, natively too.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from machines import boot

SOURCES = os.environ.get("XV6", "")
pytestmark = pytest.mark.skipif(not SOURCES, reason="XV6= names no folder with the sources of xv6-public")

MEMORY = 256  # MB: xv6 uses 224 of them without asking
SECONDS = 2400
MODES = ["apicv"]  # it reads its APIC ID all the time, which is an exit in others

# (file, what stands there, what is built instead)
EDITS = [
    ("init.c", r'"sh", 0 }', '"usertests", 0 }'),  # instead of a shell, at which one would have to type
    ("init.c", r'exec\("sh"', 'exec("usertests"'),
    ("Makefile", r" -Werror ", " "),  # it is older than today's compilers
]


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("xv6") / "xv6"
    shutil.copytree(SOURCES, folder, symlinks=True, ignore=shutil.ignore_patterns(".git", "*.o", "*.d", "*.img"))
    for name, old, new in EDITS:
        text, count = re.subn(old, new, (folder / name).read_text())
        assert count > 0, f"xv6's {name} has no {old} any more: {__file__} must follow"
        (folder / name).write_text(text)
    done = subprocess.run(["make", "TOOLPREFIX=", "xv6memfs.img"], cwd=folder, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "xv6memfs.img"


@pytest.mark.parametrize("mode", MODES)
def test_usertests_pass_with_two_processors(image, tmp_path, mode):
    run = boot(tmp_path / "out", guests=[image], mem_mb=MEMORY, cpus=2, timeout=SECONDS,
               options=[f"apic={mode}", "reset=stop"],
               until=re.compile(r"ALL TESTS PASSED\n|panic|already ran"))
    assert "ALL TESTS PASSED" in run.serial, run.explain()
    assert run.report.exits["exception or NMI"] >= 2, "INIT and SIPI for the second processor"
    print(f"xv6's usertests, {mode}: {run.report.ticks:,} ticks")
