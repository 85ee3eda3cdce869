"""What a guest must not notice: instructions that exit behave as they do on the bare machine.

Most tests run one program twice, under hv16 and natively, and compare what it printed.
"""

import pytest
from machines import both_ways, boot_guest

UD, GP = 6, 13
CPUID1_ECX_VMX, CPUID1_ECX_SMX, CPUID1_ECX_OSXSAVE, CPUID1_ECX_HYPERVISOR = (
    1 << 5, 1 << 6, 1 << 27, 1 << 31)


@pytest.fixture(scope="module")
def instructions(folder):
    return both_ways(folder, "instructions")


@pytest.mark.parametrize("name", ["nop", "cpuid", "in", "wbinvd", "movcr0", "movss_cpuid"])
def test_a_guest_that_single_steps_over_an_exit_gets_its_traps_where_they_belong(instructions, name):
    ours, native = instructions
    for key in (f"step_{name}", f"step_{name}_traps"):
        assert ours.values[key] == native.values[key], key
    assert native.values[f"step_{name}_traps"] >= 3


def test_the_trap_after_cpuid_is_taken_at_the_next_instruction(instructions):
    assert instructions[0].values["step_cpuid"] == 0


@pytest.mark.parametrize("name", ["nop", "cpuid", "in", "movss_cpuid"])
def test_an_interrupt_held_back_by_sti_or_mov_ss_arrives_right_after_the_exit(instructions, name):
    """The shadow covers the instruction that exits, and not one more."""
    ours, native = instructions
    assert native.values[f"shadow_{name}"] == 0
    assert ours.values[f"shadow_{name}"] == 0


def test_registers_and_flags_survive_exits_in_real_mode(instructions):
    ours, native = instructions
    names = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "sp", "flags")
    assert {n: ours.values[n] for n in names} == {n: native.values[n] for n in names}
    assert ours.values["ebp"] == 0x77777777


def test_the_page_of_the_reset_vector_is_a_rom_as_ever(tmp_path):
    """hv16 has a copy of it there. The copy would take writes if EPT let it."""
    ours, native = both_ways(tmp_path, "rom")
    assert ours.values == native.values and native.values["stos"] == 0
    assert ours.report.exits["EPT violation"] == 6


def test_what_is_not_emulated_on_that_page_is_not_said_of_the_apics(tmp_path):
    run = boot_guest(tmp_path, "rom", "REFUSED")
    assert "the guest writes the BIOS's last page, a ROM, at 123 in a way" in run.report.message


# --- Modes ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def modes(folder):
    return both_ways(folder, "modes")


@pytest.mark.parametrize("mode", ["flat", "paging32", "pae", "long"])
def test_a_guest_goes_through_every_mode_by_itself_with_exits_in_each(modes, mode):
    ours, native = modes
    for run in (ours, native):
        assert run.values[f"{mode}_vendor"] == int.from_bytes(b"Genu", "little")
        assert run.values[f"{mode}_ne_set"] == 0x20
        assert run.values[f"{mode}_ne_cleared"] == 0


def test_mov_cr0_with_r8_and_r15_as_operand_toggles_ne(modes):
    assert modes[0].values["long_ne_set"] == 0x20 and modes[0].values["long_ne_cleared"] == 0
    assert modes[0].report.exits["CR access"] >= 12


def test_ne_and_pg_may_change_in_one_instruction(modes):
    assert modes[0].values["ne_and_pg"] == modes[1].values["ne_and_pg"] == 0x21


@pytest.mark.parametrize("mode", ["paging32", "pae"])
def test_a_refused_msr_is_gp_with_an_error_code_in_protected_mode(modes, mode):
    assert modes[0].values[f"{mode}_gp"] == GP


KINDS = ["CPUID", "MOV CR0", "IN", "RDMSR", "WRMSR", "VMCALL", "WBINVD", "OUT"]


@pytest.mark.parametrize("row, kind", enumerate(KINDS), ids=KINDS)
def test_rbp_and_r8_to_r15_survive_an_exit_in_long_mode(modes, row, kind):
    """Bit N of `changed`: register N is not what it was."""
    assert modes[0].values[f"changed{row}"] == modes[1].values[f"changed{row}"] == 0


@pytest.mark.parametrize("row, kind", [(0, "CPUID"), (1, "MOV CR0"), (2, "IN"), (5, "VMCALL"),
                                       (6, "WBINVD"), (7, "OUT")])
def test_rax_is_natively_the_same_after_an_exit_in_long_mode(modes, row, kind):
    ours, native = modes
    for name in (f"rax_low{row}", f"rax_high{row}", f"fault{row}"):
        assert ours.values[name] == native.values[name], (kind, name)


def test_msrs_of_vmx_are_gp_in_long_mode(modes):
    assert modes[0].values["fault3"] == modes[0].values["fault4"] == GP


# --- VMX is not there ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vmx(folder):
    return boot_guest(folder, "vmx").check_ended()


def test_vmcall_with_the_magic_number_is_answered(vmx):
    assert (vmx.values["version"], vmx.values["version_eax"]) == (0, 0x0100)


@pytest.mark.parametrize("name", ["wrong_magic", "zero_magic", "wrong_function"])
def test_any_other_vmcall_is_ud_and_changes_nothing(vmx, name):
    before = {"wrong_magic": 0x12345678, "zero_magic": 0, "wrong_function": 0x36315648}
    assert (vmx.values[name], vmx.values[f"{name}_eax"]) == (UD, before[name])


def test_asking_for_the_count_of_a_wild_exit_reason_gives_0(vmx):
    assert (vmx.values["wild_reason"], vmx.values["wild_reason_eax"]) == (0, 0)


def test_cpuid_hides_vmx_and_smx_and_says_that_there_is_a_hypervisor(vmx):
    ecx = vmx.values["cpuid1_ecx"]
    assert ecx & CPUID1_ECX_HYPERVISOR and not ecx & (CPUID1_ECX_VMX | CPUID1_ECX_SMX)


def test_cpuid_copies_osxsave_from_the_guests_cr4_and_not_from_hv16s(vmx):
    assert not vmx.values["cpuid1_ecx"] & CPUID1_ECX_OSXSAVE
    assert vmx.values["cpuid1_ecx_osxsave"] & CPUID1_ECX_OSXSAVE
    assert not vmx.values["cpuid1_ecx_no_osxsave"] & CPUID1_ECX_OSXSAVE


def test_cr4_vmxe_reads_0_and_setting_it_is_gp(vmx):
    assert [vmx.values[name] for name in ("cr4", "vmxe", "cr4_after")] == [0, GP, 0]


@pytest.mark.parametrize("name", ["feature_control", "vmx_proc2", "feature_control_write", "far_msr"])
def test_msrs_that_a_processor_without_vmx_has_not_are_gp(vmx, name):
    assert vmx.values[name] == GP


def test_a_microcode_update_is_swallowed_and_logged(vmx):
    assert vmx.values["microcode"] == 0
    assert "the guest's microcode update is ignored" in vmx.log


@pytest.mark.parametrize("name", ["vmxoff", "vmresume"])
def test_vmx_instructions_are_ud(vmx, name):
    assert vmx.values[name] == UD


def test_xsetbv_takes_valid_values_only(vmx):
    assert vmx.values["xcr7"] == vmx.values["avx_without_sse"] == GP
    assert (vmx.values["x87_sse_avx"], vmx.values["xcr0"]) == (0, 7)


# --- Memory types ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mtrr(folder):
    return both_ways(folder, "mtrr")


def test_a_guest_sets_memory_types_as_on_the_bare_machine(mtrr):
    ours, native = mtrr
    assert ours.shown == native.shown
    assert (ours.values["base_wc"], ours.values["base_wc_low"]) == (0, 0x00800001)


@pytest.mark.parametrize("name", ["base_type2", "base_bit8", "base_wide", "def_bad"])
def test_an_invalid_memory_type_is_gp_and_changes_nothing(mtrr, name):
    assert mtrr[0].values[name] == GP
    if name.startswith("base"):
        assert mtrr[0].values[f"{name}_low"] == mtrr[0].values["base_wc_low"]


# --- Devices ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ports(folder):
    return both_ways(folder, "ports")


def test_pci_configuration_works_and_the_host_bridge_is_intels(ports):
    ours, native = ports
    assert ours.values["pci_bridge"] & 0xFFFF == 0x8086
    names = ("pci_address", "pci_bridge", "pci_device", "pci_byte", "pci_class")
    assert {n: ours.values[n] for n in names} == {n: native.values[n] for n in names}


def test_cmos_reads_as_natively(ports):
    """But for what is about floppies and the order of booting, for here hv16 is on the floppy."""
    floppy = {0x10, 0x14, 0x2D, 0x2E, 0x2F, 0x3D}
    ours, native = ([(value & 0xFF, value >> 8) for name, value in run.shown if name == "cmos"]
                    for run in ports)
    assert len(ours) == len(native) == 0x30
    assert [c for c in ours if c[0] not in floppy] == [c for c in native if c[0] not in floppy]


def test_all_other_ports_read_as_natively(ports):
    ours, native = ([line for line in run.shown if line[0] != "cmos"] for run in ports)
    assert ours == native
    assert dict(ours)["kbd_test"] == 0x55


# --- A20 ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def a20(folder):
    return both_ways(folder, "a20")


def test_a_guest_that_closes_a20_keeps_running_with_exits_of_every_kind(a20):
    ours, native = a20
    gates = [value for name, value in ours.shown if name == "gate"]
    assert gates == [1, 0, 0, 1, 0, 0, 1], "open, closed by port 92h, open, closed by the BIOS, open"
    assert gates == [value for name, value in native.shown if name == "gate"]
    assert [v for n, v in ours.shown if n == "vmcall"] == [UD, UD]
    assert [v for n, v in ours.shown if n == "rdmsr"] == [GP, GP]
    assert [v for n, v in ours.shown if n == "cr0"] == [0, 0]
    assert ours.report.exits["CPUID"] > 400


def test_the_flags_that_a_fault_pushes_have_rf_set(tmp_path):
    run, native = both_ways(tmp_path, "resume_flag")
    assert native.values["ud2"] == native.values["wrmsr"] == 1 << 16, native.explain()
    assert run.values == native.values
