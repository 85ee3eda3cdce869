"""libFuzzer on the pure parsers and models, for a second each, always with the same inputs: the drivers
and what they claim are in tests/libfuzzer. `make libfuzzer` gives each of them minutes. Then, that a
driver notices a bug: each of these is put into a copy on purpose.
"""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/libfuzzer"))

import libfuzzer

pytestmark = pytest.mark.skipif(libfuzzer.missing() != "", reason=libfuzzer.missing())
SEED = "-seed=1"

# The driver, the file with the bug, what is replaced there (exactly once), by what.
BUGS = [
    ("decode", "model/decode.c", "count < INSTRUCTION_MAX ? (unsigned)count : INSTRUCTION_MAX",
     "(unsigned)count"),
    ("decode", "model/execute.c", "outcome->memory = result & mask_of(instruction->width)",
     "outcome->memory = result"),
    ("e820", "model/e820.c", "base < last && end > first", "base < last && end - 1 > first"),
    ("lapic", "model/lapic.c", "vector_set(lapic, LAPIC_IRR, (uint32_t)vector, false);", ""),
    ("task_switch", "model/task/switch.c",
     "!access(task, tr->base, bytes, layout_of(tr)->bytes, false) ||", ""),
]


@pytest.mark.parametrize("name", libfuzzer.SOURCES)
def test_every_claim_holds(name, tmp_path):
    program = libfuzzer.build(name, program=tmp_path / name)
    result = libfuzzer.fuzz(program, name, SEED, f"-runs={libfuzzer.SOURCES[name][0]}")
    assert result.returncode == 0, libfuzzer.verdict(result) + "\n" + result.stderr[-3000:]
    print(libfuzzer.verdict(result))


@pytest.mark.parametrize("name, file, old, new", BUGS)
def test_bug_is_noticed(name, file, old, new, tmp_path):
    hv = tmp_path / "hv"
    shutil.copytree(ROOT / "hv", hv)
    source = (hv / file).read_text()
    assert source.count(old) == 1, f"{file} has {source.count(old)} times: {old}"
    (hv / file).write_text(source.replace(old, new))
    program = libfuzzer.build(name, hv, tmp_path / name)
    result = libfuzzer.fuzz(program, name, SEED, "-runs=40000")
    assert result.returncode != 0 and "Test unit written" in result.stderr, libfuzzer.verdict(result)
    print(libfuzzer.verdict(result))
