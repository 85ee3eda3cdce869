"""Frama-C's proofs (tests/proof; `make proof`): some of them here, and the same with a bug in the code,
which must not be proven. See "What is proven" in tests/README.md.
"""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/proof"))

import proof

pytestmark = pytest.mark.skipif(proof.missing() != "", reason=proof.missing())
BASES = (0x1A00000, 0x1C00000)  # of the block: the usual ones, out of 2048
QUICK = ("lapic_ppr", "lapic_deliverable", "lapic_tpr_threshold")


def with_bug(tmp_path: Path, name: str, old: str, new: str) -> Path:
    hv = tmp_path / "hv"
    shutil.copytree(ROOT / "hv", hv)
    source = (hv / name).read_text()
    assert source.count(old) == 1, f"{name} has {source.count(old)} times: {old}"
    (hv / name).write_text(source.replace(old, new))
    return hv


def test_the_priority_rule_is_proven(tmp_path):
    proven, words = proof.prove_priorities(tmp_path, ROOT / "hv", QUICK)
    assert proven, words


@pytest.mark.parametrize("old, new", [
    ("CLASS(requested) > CLASS(lapic_ppr(lapic))", "CLASS(requested) >= CLASS(lapic_ppr(lapic))"),
    ("ppr = (uint8_t)(in_service & 0xF0);", "ppr = (uint8_t)in_service & 0x70;"),
])
def test_a_wrong_rule_is_not_proven(old, new, tmp_path):
    hv = with_bug(tmp_path, "model/lapic.c", old, new)
    proven, words = proof.prove_priorities(tmp_path, hv, QUICK[:2], seconds=2)
    assert not proven and "lapic" in words, words


def test_no_entry_reaches_the_block(tmp_path):
    assert proof.prove_ept(tmp_path, ROOT / "hv", "block", BASES)[0]
    assert proof.prove_ept(tmp_path, ROOT / "hv", "around_apic")[0]
    assert proof.prove_ept(tmp_path, ROOT / "hv", "apic")[0]


@pytest.mark.parametrize("old, new", [
    ("if (ept_is_hidden(address))", "if (false)"),
    ("uint64_t page = address + i * SIZE_4K;", "uint64_t page = address + (i + 1) * SIZE_4K;"),
])
def test_an_entry_that_reaches_the_block_is_noticed(old, new, tmp_path):
    hv = with_bug(tmp_path, "mem/ept.c", old, new)
    proven, words = proof.prove_ept(tmp_path, hv, "block", BASES)
    assert not proven and "0 valid" in words, words
