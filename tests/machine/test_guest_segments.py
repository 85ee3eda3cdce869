"""Segment registers that a processor allows and VM entry refuses."""

import pytest
from machines import both_ways


REGISTERS = ["es", "fs", "gs", "ds"]


@pytest.mark.parametrize("apic", ["off", "mmio", "apicv"])
def test_a_null_selector_of_protected_mode_may_be_loaded_again_in_real_mode(tmp_path, apic):
    for run in both_ways(tmp_path, "segments", options=[f"apic={apic}"]):
        assert [run.values[name] for name in REGISTERS] == 4 * [run.values["equipment"]], run.explain()
