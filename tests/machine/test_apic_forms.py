"""Instructions that nobody uses on the APIC's registers, and anybody may: each does what it does
natively.
"""

import pytest
from machines import boot_guest, boot_native

EXITING = ["mmio", "tpr-ro", "tpr"]
MODES = [*EXITING, "apicv"]  # in x2apic and posted the page is as in apicv
PF, GP = 14, 13
VALUE = 0xA50F3C81


@pytest.fixture(scope="module")
def native(folder):
    return boot_native(folder, "apic_forms")


@pytest.mark.parametrize("mode", MODES)
def test_every_instruction_does_what_it_does_natively(tmp_path, native, mode):
    """But one that hv16 stops at: MOVS to the ROM, of a register that is read without an exit."""
    defines = [] if mode in EXITING else ["READS_DO_NOT_EXIT"]
    ours = boot_guest(tmp_path, "apic_forms", *defines, options=[f"apic={mode}"]).check_ended()
    expected = [(name, value) for name, value in native.shown
                if not defines or not name.startswith("apic_to_rom")]
    assert len(expected) > 300
    assert [pair for pair in zip(ours.shown, expected) if pair[0] != pair[1]] == []
    assert ours.shown == expected


def test_the_native_run_did_what_the_guest_is_for(native):
    values = native.values
    assert values["adc_memory"] == VALUE + 0x7F + 1 and values["not_memory"] == ~VALUE & 0xFFFFFFFF
    assert values["push_edx"] == VALUE and values["pop_memory"] == 0x1D0B5C3A
    assert values["push_pop_memory"] == ~VALUE & 0xFFFFFFFF and values["push_esp"] == 0
    assert values["bt_far_flags"] & 1 == 0 and values["bts_far_memory"] == VALUE | 0x10
    assert values["btc_before_memory"] == VALUE ^ 1 << 9
    assert values["lock_cmpxchg_same_memory"] == 0x77665544
    assert values["apic_to_apic_edx"] == VALUE & 0xFF000000
    assert values["movs_limit_fault"] == GP
    assert (values["movs_absent_fault"], values["movs_absent_cr2"]) == (0x200 | PF, 0x800000)
    assert (values["movs_read_only_fault"], values["movs_read_only_cr2"]) == (0x300 | PF, 0x7FFFFE)
    assert values["cmps_absent_fault"] == PF


@pytest.mark.parametrize("mode", ["mmio", "tpr"])
def test_bytes_of_tpr_and_what_is_between_registers(tmp_path, mode):
    """Bochs's own APIC takes neither. SDM: nothing is at the other 12 of 16 bytes."""
    values = boot_guest(tmp_path, "apic_forms", "HV16_ONLY",
                        options=[f"apic={mode}"]).check_ended().values
    assert (values["bytes_eax"], values["bytes_ecx"], values["bytes_edx"]) == (1, 0, 0x42)
    assert (values["repne_scas_4_ecx"], values["repne_scas_4_moved"]) == (2, 8), "found a 0"
    assert (values["repe_cmps_4_ecx"], values["repe_cmps_4_moved"]) == (0, 16 << 16 | 16)
