"""The fuzzer: what it has found stays mended, a fixed seed comes out as natively, and it notices a
bug that is put in on purpose."""

import random

import fuzz
import generate
import pytest
import runs
from finds import FINDS, batches
from layout import AT

TIMEOUT = 120
SEED = 16
CASES = 20_000  # in each of the five modes: 100,000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def finds(folder):
    """The finds, natively and under hv16."""
    sets = generate.register_sets(random.Random(SEED))
    return [runs.execute(folder, sets, batches(), native, [] if native else ["apic=apicv"],
                            timeout=TIMEOUT) for native in (True, False)]


@pytest.mark.parametrize("number, name", enumerate(FINDS), ids=FINDS)
def test_a_find_stays_mended(finds, number, name):
    native, ours = finds
    assert len(native.results) == len(FINDS) and native.results[number][:4] != bytes(4)
    assert ours.results[number] == native.results[number], name


@pytest.fixture(scope="module")
def fixed(folder):
    run, lost = fuzz.start(folder, SEED, CASES, TIMEOUT)
    assert lost == []
    return run


@pytest.fixture(scope="module")
def compared(fixed):
    """By mode: what came of it, and what was found."""
    return {mode: fuzz.compare(fixed, mode) for mode in fuzz.MODES}


@pytest.mark.parametrize("mode", fuzz.MODES)
def test_a_fixed_seed_comes_out_as_natively(compared, mode):
    ours, find = compared[mode]
    assert find is None, find.text
    assert ours.exits_total > CASES / 20  # and it has been about hv16


def test_every_mode_and_every_kind_of_exit_is_in_it(fixed, compared):
    assert {batch.mode for batch in fixed.batches} == set(generate.PLAN)
    assert {"CPUID", "I/O instruction", "CR access", "RDMSR", "WRMSR", "XSETBV", "INVD", "VMCALL",
            "VMXON", "VMREAD", "EPT violation", "external interrupt",
            "task switch"} <= compared["mmio"][0].exits.keys()
    assert "APIC write" in compared["apicv"][0].exits


# --- Bugs on purpose -------------------------------------------------------------------------------

def test_a_changed_byte_of_the_hypervisor_is_noticed(fixed, monkeypatch):
    collect = runs.collect
    place = 0x1000  # in hv16's code

    def spoil(bochs, *rest):
        bochs.stop()
        hidden = int(bochs.spec.out.joinpath("hv.log").read_text().split("hidden: ")[1][:9], 16)
        bochs.ask(f"setpmem {hidden + place:#x} 1 0x5a")
        collect(bochs, *rest)

    monkeypatch.setattr(runs, "collect", spoil)
    ours = fixed.execute("off", fixed.batches[:1])
    assert f"hv16's byte at {runs.HV_VIRT + place:x} (" in ours.changed
    assert " is 5a, was " in fuzz.check_run(ours)


def test_another_result_of_one_case_is_found_and_shown(fixed):
    """As if hv16 had run another instruction than the processor: CPUID of another leaf."""
    number = next(n for n, batch in enumerate(fixed.batches) if batch.mode == AT["MODE_LONG"])
    wrong = fixed.execute("off", fixed.batches[:number + 1])
    results = bytearray(wrong.results[number])
    results[8 * 5] ^= 1
    wrong.results[number] = bytes(results)
    assert fuzz.differing(fixed.native, wrong) == (number, 5)
    shown = fuzz.states(b"\0" * 256, b"\1" * 256)
    assert any(line.startswith("  R15 high ") and line.endswith("differs") for line in shown)
