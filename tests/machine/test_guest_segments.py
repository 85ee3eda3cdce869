"""Segment registers that a processor allows and VM entry refuses."""

import pytest
from machines import both_ways


REGISTERS = ["es", "fs", "gs", "ds"]


@pytest.mark.parametrize("apic", ["off", "mmio", "apicv"])
def test_a_null_selector_of_protected_mode_may_be_loaded_again_in_real_mode(tmp_path, apic):
    for run in both_ways(tmp_path, "segments", options=[f"apic={apic}"]):
        assert [run.values[name] for name in REGISTERS] == 4 * [run.values["equipment"]], run.explain()


@pytest.mark.parametrize("apic", ["off", "apicv"])
def test_ss_may_hold_a_null_selector_in_64_bit_mode_and_on_the_way_back(tmp_path, apic):
    run, native = both_ways(tmp_path, "segments64", options=[f"apic={apic}"])
    assert run.shown == native.shown, run.explain()
    assert native.values["seen"] == native.values["equipment"], native.explain()
    for mode in ("long", "compatibility", "protected", "real"):
        assert native.values[f"{mode}_ss"] == 0 and native.values[mode] != 0, mode
