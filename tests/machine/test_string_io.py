"""INS and OUTS on ports that hv16 looks at do what they do natively."""

import pytest
from machines import assemble, boot, boot_guest, boot_native

GP, PF = 13, 14


@pytest.fixture(scope="module")
def native(folder):
    return boot_native(folder, "string_io")


@pytest.fixture(scope="module")
def ours(folder):
    where = folder / "hv16"
    where.mkdir()
    return boot_guest(where, "string_io")


def test_ins_and_outs_do_what_they_do_natively(ours, native):
    ours.check_ended()
    assert [pair for pair in zip(ours.shown, native.shown) if pair[0] != pair[1]] == []
    assert ours.shown == native.shown


def test_one_element_is_one_exit(ours):
    assert ours.report.exits["I/O instruction"] > 50


def test_the_native_run_did_what_the_guest_is_for(native):
    values = native.values
    assert (values["real_out"], values["real_in"], values["real_limit"]) == (
        0x80000008, 0x80000008, GP)


def test_outs_resets_the_machine(tmp_path):
    run = boot(tmp_path / "out", guests=[assemble(tmp_path, "string_io", "RESET")],
               options=["reset=stop"])
    assert "keyboard controller command" in run.report.message, run.explain()
