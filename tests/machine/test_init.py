"""INITs of the processor that booted to itself: emulated, and real ones, which stay pending on Bochs
2.7, and everywhere if that is staged."""

import re

import pytest
from hv16 import bochs_installed
from machines import boot_guest, boot_native

ROUNDS = 100
EMULATED = ["mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"]
STICKY = "stays pending here, as in Bochs up to 2.7"
STAGED = "bug=sticky-init sends another one at each entry"


@pytest.fixture(scope="module")
def native(folder):
    values = boot_native(folder, "init").values
    assert (values["sent"], values["came"], values["missed"]) == (ROUNDS, ROUNDS, 0)
    return values


@pytest.mark.parametrize("mode", EMULATED)
def test_a_hundred_inits_to_itself_are_emulated_and_none_is_real(tmp_path, native, mode):
    run = boot_guest(tmp_path, "init", options=[f"apic={mode}"]).check_ended()
    assert run.values == native
    assert "INIT signal" not in run.report.exits
    assert run.report.exits["preemption timer"] == ROUNDS, "each is mail to itself"
    assert f"cpu 0: {ROUNDS} INITs, 0 SIPIs" in run.log


@pytest.mark.parametrize("init, exits_each", [("auto", 8), ("ack", 2)])
def test_a_hundred_real_inits_are_taken_out_of_vmx_operation_where_they_stay_pending(
        tmp_path, native, init, exits_each):
    run = boot_guest(tmp_path, "init", options=["apic=off", f"init={init}"]).check_ended()
    assert run.values == native, "the guest notices nothing"
    if run.report.exits["INIT signal"] == ROUNDS:
        pytest.skip("this Bochs clears a pending INIT at the exit: there is nothing to acknowledge")
    assert run.report.exits["INIT signal"] == ROUNDS * exits_each
    assert run.log.count("the INIT is acknowledged") == ROUNDS
    assert run.log.count(STICKY) == (ROUNDS if init == "auto" else 0)


def test_a_closed_a20_gate_is_closed_afterwards(tmp_path):
    """Meanwhile it is open: VMXON wants that."""
    for folder in ("native", "off", "mmio"):
        (tmp_path / folder).mkdir()
    native = boot_native(tmp_path / "native", "init", "A20_CLOSED").values
    assert (native["came"], native["a20"]) == (ROUNDS, 0)
    for mode in ("off", "mmio"):
        run = boot_guest(tmp_path / mode, "init", "A20_CLOSED", options=[f"apic={mode}"]).check_ended()
        assert run.values == native


@pytest.mark.parametrize("init, exits_each", [("auto", 8), ("ack", 2)])
def test_a_hundred_staged_inits_are_taken_out_of_vmx_operation_on_every_bochs(
        tmp_path, native, init, exits_each):
    run = boot_guest(tmp_path, "init", options=["apic=off", f"init={init}", "bug=sticky-init"])
    assert run.check_ended().values == native, "the guest notices nothing"
    assert run.report.exits["INIT signal"] == ROUNDS * exits_each
    assert run.log.count(STAGED) == (ROUNDS if init == "auto" else 0)


@pytest.mark.parametrize("bug, told", [("none", STICKY), ("sticky-init", STAGED)])
def test_the_storm_is_bounded_and_explained(tmp_path, bug, told):
    run = boot_guest(tmp_path, "init", options=["apic=off", "init=storm", f"bug={bug}"])
    if bug == "none" and bochs_installed.clears_init():
        run.check_ended()
        pytest.skip("this Bochs clears a pending INIT at the exit: there is no storm but a staged one")
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert "10000 INIT exits, and the guest has not executed one instruction" in run.report.message
    assert run.log.count(told) == 1, "after eight of them"
    assert run.report.exits == {"INIT signal": 10000}
    assert run.values == {}


@pytest.mark.parametrize("mode", ["off", "mmio", "x2apic"])
def test_without_the_bioss_help_the_guest_begins_at_its_boot_sector(tmp_path, mode):
    run = boot_guest(tmp_path, "init", "SHUTDOWN=0", options=[f"apic={mode}", "reset=stop"])
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert re.search(r"INIT, and CMOS 0Fh does not say where to go on", run.report.message)
