"""hv16 reads and writes the guest's memory for it: task-state segments, page tables, the other
operand of MOVS. A guest may name an APIC's page for that. Then hv16 must not use the machine's.

In Bochs an access of one byte to the machine's APIC is a panic: such a run has no last line.
"""

import pytest
from machines import boot_guest

TSS_THERE, MOVED, TABLES, OVER_HV16 = range(1, 5)


def reach(folder, way: int, mode: str):
    return boot_guest(folder, "apic_reach", f"WAY={way}", options=[f"apic={mode}"])


@pytest.mark.parametrize("mode", ["off", "mmio", "tpr", "apicv"])
def test_a_tss_in_an_apics_page_stops_with_its_address(tmp_path, mode):
    run = reach(tmp_path, TSS_THERE, mode)
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert "needs linear address fee00000" in run.log


@pytest.mark.parametrize("mode", ["mmio", "tpr"])
def test_movs_does_not_reach_the_machines_apic_where_the_guest_has_none(tmp_path, mode):
    run = reach(tmp_path, MOVED, mode)
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert "memory that hv16 cannot reach" in run.report.message


@pytest.mark.parametrize("mode", ["mmio", "tpr"])
def test_page_tables_in_an_apics_page_stop(tmp_path, mode):
    run = reach(tmp_path, TABLES, mode)
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()


def test_the_machines_apic_stays_off_hv16s_own_memory(tmp_path):
    """With apic=off it is the guest's, and would take the place of the page that it is moved to."""
    run = reach(tmp_path, OVER_HV16, "off")
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert "moves its APIC to" in run.report.message


@pytest.mark.parametrize("mode", ["mmio", "tpr", "apicv"])
def test_the_guests_own_apic_may_be_said_to_be_there(tmp_path, mode):
    reach(tmp_path, OVER_HV16, mode).check_ended()
