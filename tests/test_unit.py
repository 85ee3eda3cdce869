"""The host tests of the pure logic: one program (cmocka) for each tests/unit/test_*.c."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = sorted(path.stem for path in (ROOT / "tests/unit").glob("test_*.c"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_unit(program):
    """`make unit` shows the single tests."""
    result = subprocess.run([ROOT / "build/unit" / program], capture_output=True, text=True,
                            timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
