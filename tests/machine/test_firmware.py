"""Other firmware than BIOS-bochs: SeaBIOS, and what guests/firmware.asm plays.

Nothing is mocked in hv16's eyes: SeaBIOS is the machine's BIOS, and firmware.asm hooks INT 15h and
writes MSRs before hv16 boots from a floppy.
"""

import re
from pathlib import Path

import pytest
from hv16 import bochs
from machines import assemble, boot

SEABIOS = Path("/usr/share/seabios/bios.bin")
MIB = 1 << 20


@pytest.fixture
def bochsrc(monkeypatch):
    """Changes Bochs's configuration: what to replace, and under "add" what to add."""
    ours, changes = bochs.config, {}

    def config(*args, **words):
        text = ours(*args, **words)
        for old, new in changes.items():
            assert old == "add" or old in text
            text = text.replace(old, new) if old != "add" else text + new + "\n"
        return text

    monkeypatch.setattr(bochs, "config", config)
    return changes


@pytest.fixture
def seabios(bochsrc):
    bochsrc["add"] = f"romimage: file={SEABIOS}"


@pytest.fixture
def firmware(bochsrc, tmp_path):
    """Boots guests/firmware.asm with these defines, which boots hv16, which boots guest16."""
    def run(*defines: str, autorun: str = "cpuid", **request):
        bochsrc["boot: floppy"] = "boot: disk"
        return boot(tmp_path / "out", guests=[assemble(tmp_path, "firmware", *defines)],
                    options=["guest=active"], autorun=autorun, **request)
    return run


# --- IA32_FEATURE_CONTROL ------------------------------------------------------------------------


def test_feature_control_that_the_firmware_left_open_is_locked_with_vmxon_enabled(out, seabios):
    run = boot(out, autorun="hidden").check_ended()  # it finds no VGA there, so no "bios"
    assert "hv16: VMX: the firmware left IA32_FEATURE_CONTROL open: locked as 5\n" in run.log


def test_feature_control_that_bios_bochs_has_locked_is_left_alone(out):
    assert "FEATURE_CONTROL" not in boot(out).check_ended().log


def test_vmx_that_the_firmware_has_locked_off_is_refused_and_explained(seabios, firmware):
    run = firmware("VMX_OFF")
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert run.report.message == (
        "hv16: refused: the firmware has locked VMX off (IA32_FEATURE_CONTROL is 1): look for "
        '"virtualization" or "VT-x" in its set-up')


# --- The other processors ------------------------------------------------------------------------


@pytest.mark.parametrize("cpus", [1, 3])
def test_without_acpi_one_processor_is_used_and_the_log_says_so(firmware, cpus):
    log = firmware("NO_TABLES", cpus=cpus).check_ended().log
    assert "the firmware has no ACPI table of the processors (MADT): only this one is used" in log
    assert re.findall(r"cpu (\d): APIC ID (\d)", log) == []


def test_a_processor_whose_vmx_is_locked_off_is_named_and_left_out(seabios, firmware):
    log = firmware("AP_VMX_OFF", "TABLES", cpus=3).check_ended().log
    assert "the processor with APIC ID 1 has VMX locked off by the firmware, and is left out" in log
    assert re.findall(r"cpu (\d): APIC ID (\d)", log) == [("1", "2")]
    assert "2 processors" in log


def test_a_processor_that_does_not_answer_is_named_and_left_out(firmware):
    log = firmware("AP_DEAF", cpus=3).check_ended().log
    assert "the processor with APIC ID 1 does not answer INIT and SIPI, and is left out" in log
    assert re.findall(r"cpu (\d): APIC ID (\d)", log) == [("1", "2")]
    assert "2 processors" in log


# --- A20 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("defines, way", [
    ([], "open already"), (["A20_CLOSED"], "BIOS"), (["A20_CLOSED", "NO_2401"], "port 92h")],
    ids=lambda value: str(value))
def test_a_closed_a20_gate_is_opened_in_the_mildest_way_that_works(firmware, defines, way):
    assert f"A20: {way}," in firmware(*defines).check_ended().log


# --- The memory map --------------------------------------------------------------------------------


def block(log: str) -> int:
    return int(re.search(r"^hv16: hidden: 0x([0-9a-f]+)-", log, re.MULTILINE).group(1), 16)


def test_a_bios_without_e820_is_refused_on_the_screen(firmware):
    run = firmware("NO_E820")
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert run.report.message == "hv16: the BIOS does not say where memory is (INT 15h AX=E820h)"


def test_a_map_that_is_too_long_is_refused_and_not_cut_off(firmware):
    run = firmware("MAP_LONG")
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert run.report.message.startswith("hv16: the BIOS reports more memory ranges than hv16")


def test_the_block_avoids_what_overlaps_usable_memory(firmware):
    """Out of order, overlapping, in entries of 20 bytes. Usable: 1 to 63 MiB; at 60 MiB ACPI."""
    run = firmware("MAP_WILD", autorun="bios", mem_mb=64).check_ended()
    assert block(run.log) == 58 * MIB
    assert "0000000003A00000 0000000000200000 2 reserved" in run.serial
