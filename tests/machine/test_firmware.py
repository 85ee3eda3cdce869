"""A second BIOS: SeaBIOS in Bochs. It leaves IA32_FEATURE_CONTROL open, where BIOS-bochs locks it."""

from pathlib import Path

import pytest
from hv16 import bochs
from machines import assemble, boot

SEABIOS = Path("/usr/share/seabios/bios.bin")


@pytest.fixture
def seabios(monkeypatch):
    """From here on Bochs runs SeaBIOS. Returns what else to replace in its configuration."""
    ours, changes = bochs.config, {}

    def config(*args, **words):
        text = ours(*args, **words) + f"romimage: file={SEABIOS}\n"
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        return text

    monkeypatch.setattr(bochs, "config", config)
    return changes


def test_feature_control_that_the_firmware_left_open_is_locked_with_vmxon_enabled(out, seabios):
    run = boot(out, autorun="hidden").check_ended()  # it finds no VGA there, so no "bios"
    assert "hv16: VMX: the firmware left IA32_FEATURE_CONTROL open: locked as 5\n" in run.log


def test_feature_control_that_bios_bochs_has_locked_is_left_alone(out):
    assert "FEATURE_CONTROL" not in boot(out).check_ended().log


def test_vmx_that_the_firmware_has_locked_off_is_refused_and_explained(tmp_path, seabios):
    seabios["boot: floppy"] = "boot: disk"
    run = boot(tmp_path / "out", guests=[assemble(tmp_path, "vmx_off")])
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert run.report.message == (
        "hv16: refused: the firmware has locked VMX off (IA32_FEATURE_CONTROL is 1): look for "
        '"virtualization" or "VT-x" in its set-up')
