"""Task switches by hardware, which VMX leaves to software: as on the bare machine, in all detail."""

import pytest
from machines import Run, boot_guest, boot_native

SEL_MAIN, SEL_A, SEL_DOUBLE, SEL_ABSENT, SEL_SMALL = 0x30, 0x38, 0x48, 0x80, 0x90
NT, RF = 0x4000, 0x10000
LEVELS = 3 * 1000


def sections(run: Run) -> dict[str, list[tuple[str, int]]]:
    """What was printed, by the test of the guest that it belongs to."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name, value in run.shown:
        if name.startswith("test_"):
            found.setdefault(name, [])
            current = found[name]
        current.append((name, value))
    return found


@pytest.fixture(scope="module")
def native(folder) -> Run:
    return boot_native(folder, "task")


@pytest.mark.parametrize("apic, cpus", [("off", 1), ("mmio", 1), ("apicv", 1), ("mmio", 2)])
def test_task_switches_are_those_of_the_bare_machine(tmp_path, native, apic, cpus):
    ours = boot_guest(tmp_path, "task", options=[f"apic={apic}"], cpus=cpus).check_ended()
    expected = sections(native)
    for name, values in sections(ours).items():
        assert values == expected[name], name
    assert ours.shown == native.shown
    assert ours.report.exits["task switch"] > LEVELS, "as many in a row as it likes"


def test_the_bare_machine_did_what_the_guest_is_for(native):
    """A guest that went wrong natively, too, would prove nothing."""
    found = sections(native)

    def has(test, *pairs):
        for pair in pairs:
            assert pair in found[test], (test, pair)

    has("test_jmp", ("tr", SEL_A), ("eax", 0xAAAA0001), ("eflags", 2), ("dr7", 0x400))
    has("test_call", ("eflags", NT | 2), ("type_link", 0x8B000000 | SEL_MAIN))
    has("test_gp", ("error_code", 0x1000))
    has("test_np", ("error_code", SEL_ABSENT))
    has("test_df", ("error_code", 0), ("tr", SEL_DOUBLE))
    has("test_t_bit", ("dr6", 0xFFFF8FF0))
    has("test_single_step", ("dr6", 0xFFFF4FF0))
    has("test_timer", ("ticks", 1))
    has("test_ipi_fault", ("error_code", 0x1021))
    has("test_nmi", ("nmi", 1), ("nmi", 2), ("nmis", 2))
    has("test_ldt", ("from_ldt", 0x1D71D71D))
    has("test_ring3", ("user_cs", 0x73))
    has("test_v86", ("v86_segments", 0x1234), ("v86_fs_gs", 0xFFFF0010))
    has("test_16", ("seen_16", 0xFFFF1616))
    has("test_16_error_code", ("error_code", SEL_ABSENT))
    for test in "test_cr3", "test_pae":
        has(test, ("window", 0xA0A0A0A0), ("window", 0xB0B0B0B0))
    has("test_pf_new", ("error_code", 2), ("faulty_eflags", RF | NT | 2))
    has("test_double", ("error_code", 0), ("tr", SEL_DOUBLE))
    has("test_stack", ("error_code", 0), ("faulty_ss", SEL_SMALL))
    has("test_short", ("error_code", 0x88))
    has("test_many", ("levels", LEVELS + 1))


def test_a_double_fault_whose_task_is_no_good_shuts_down(tmp_path):
    run = boot_guest(tmp_path, "task", "TRIPLE", options=["reset=stop"])
    assert "(triple fault)" in run.report.message, run.explain()


def test_a_tss_where_hv16_does_not_reach_is_said(tmp_path):
    run = boot_guest(tmp_path, "task", "BEYOND")
    assert "a task switch to TSS 38 needs linear address 80" in run.log, run.explain()
    assert "cannot handle exit 9 (task switch)" in run.report.message
