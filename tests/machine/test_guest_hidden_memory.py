"""Hidden memory reads as all ones and drops writes, whatever it is that touches it."""

import pytest
from machines import boot, boot_guest

ONES, FILL, UD = 0xFFFFFFFF, 0x61616161, 6


@pytest.fixture(scope="module")
def values(folder):
    return boot_guest(folder, "hidden").check_ended().values


def test_a_jump_into_hidden_memory_is_ud_at_the_address_jumped_to(values):
    assert (values["jmp"], values["jmpo"]) == (UD, 0)


def test_a_call_into_hidden_memory_is_ud_and_the_guest_lives(values):
    assert (values["call"], values["back"]) == (UD, 1)


def test_what_is_pushed_on_a_hidden_stack_is_popped_as_ones(values):
    assert values["push"] == ONES
    assert (values["popa"], values["esp"]) == (ONES, 0x1000)


def test_a_dword_over_the_lower_edge_is_half_real_and_half_ones(values):
    assert values["dw-4"] == FILL
    assert values["dw-2"] == 0xFFFF6161
    assert values["wr-2"] == 0x11116161, "the half outside is written"
    assert values["in"] == ONES, "the half inside is not"


def test_a_dword_over_the_upper_edge_is_half_ones_and_half_real(values):
    assert values["end"] == ONES
    assert values["dw+2"] == 0x6161FFFF
    assert values["wr+2"] == 0x61614444


def test_reading_and_writing_in_one_instruction_over_the_edge_is_right(values):
    """INC of a dword whose first byte is hidden: FFh + 1 carries into the three outside."""
    assert values["inc"] == 0x61616162


def test_rep_movsd_out_over_the_lower_edge_copies_what_is_there_and_then_ones(values):
    assert [values[name] for name in ("rm0", "rm3", "rm4", "rm7")] == [FILL, FILL, ONES, ONES]
    assert (values["rmcx"], values["rmsi"]) == (0, 16)


def test_rep_movsb_in_over_the_upper_edge_writes_only_past_it(values):
    assert values["wm-4"] == ONES
    assert [values[n] for n in ("wm0", "wm4", "wm8")] == [0xA2A2A2A2, 0xA3A3A3A3, FILL]
    assert values["wmdi"] == 8


def test_rep_movsd_backwards_over_the_lower_edge_is_right_too(values):
    assert [values[n] for n in ("bk-8", "bk-4", "bk0")] == [0xA0A0A0A0, 0xA1A1A1A1, ONES]


def test_rep_movsd_inside_the_block_comes_to_its_end(values):
    assert values["incx"] == 0


def test_every_access_is_counted(values):
    assert values["reads"] >= 15 and values["writes"] >= 12


@pytest.mark.parametrize("mode", ["off", "mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"])
def test_an_interrupt_that_an_exit_interrupts_is_delivered_again(tmp_path, mode):
    """Its frame goes to the hidden stack, so its delivery is an EPT violation first."""
    if mode in ("apicv", "x2apic", "posted"):
        pytest.skip("Bochs 2.7 has no IDT-vectoring information about virtual interrupts: "
                    "it reports whatever event came before")
    run = boot_guest(tmp_path, "hidden", "INTERRUPT", timeout=20,
                     options=[f"apic={mode}"]).check_ended()
    assert run.values["irqs"] == 1, "the interrupt must come, and once"


def test_events_with_a_hidden_stack_lose_their_frame_and_hide_the_block_again(tmp_path):
    """An exception and an INT push their frames there: dropped, like any write."""
    run = boot_guest(tmp_path, "hidden", "EVENTS", timeout=20).check_ended()
    assert (run.values["ud2"], run.values["int"]) == (1, 1), "the handlers must run"
    assert run.values["vec"] == ONES, "what a handler pushes there is dropped as well"
    assert run.values["aftr"] == ONES, "and afterwards the block is as hidden as before"


def test_a_guest_that_single_steps_over_hidden_memory_gets_each_trap_once(tmp_path):
    run = boot_guest(tmp_path, "hidden", "STEPPING", timeout=5).check_ended()
    assert (run.values["step"], run.values["stpv"]) == (5, ONES)


# --- What comes between the access and the end of its step ---------------------------------------

TF, IF = 0x100, 0x200
GP, PF = 13, 14


@pytest.fixture(scope="module")
def step(folder):
    return boot_guest(folder, "hidden_step", timeout=20).check_ended()


@pytest.mark.parametrize("name, place", [("often", 0), ("sti", 1)])
def test_interrupts_between_hidden_accesses_find_the_guests_own_flags(step, name, place):
    """With STI right in front of the access as well: its shadow must not hold the step's end."""
    by_name = {key: [value for shown, value in step.shown if shown == key]
               for key in ("flags", "frames", "irqs", "traps")}
    assert step.values[name] == ONES
    assert by_name["irqs"][place] > 5, "interrupts must have come meanwhile"
    assert by_name["traps"][place] == 0, "the trap of the step is not the guest's"
    for flags in (by_name["flags"][place], by_name["frames"][place]):
        assert (flags & TF, flags & IF) == (0, IF), hex(flags)


def test_an_exception_of_the_same_instruction_is_delivered_with_the_guests_own_flags(step):
    assert step.values["gp"] == GP
    assert step.values["gp_flags"] & (TF | IF) == IF


def test_a_page_fault_of_the_same_instruction_has_its_address_in_cr2(step):
    assert (step.values["pf"], step.values["cr2"]) == (PF, 0x40000123)
    assert step.values["pf_flags"] & (TF | IF) == 0, "enter32 had closed interrupts"


# --- Progress ------------------------------------------------------------------------------------


def test_a_guest_that_exits_at_one_place_very_often_and_does_run_on_is_let_run(tmp_path):
    run = boot_guest(tmp_path, "patience").check_ended()
    assert run.serial.split() == ["ud", "gp", "ne", "hidden", "guest:", "done"]


def test_an_exit_that_comes_again_and_again_with_no_instruction_in_between_is_reported(tmp_path):
    """A preemption timer of 0 exits at every entry: PIN_CONTROLS with bit 6."""
    run = boot(tmp_path / "out", options=["apic=off", "poke=0x4000:0x56"])
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert "no progress: 1000 exits in a row at " in run.report.message
    assert "of reason 52 (preemption timer)" in run.report.message
    assert run.report.exits == {"preemption timer": 1001}
    assert run.screen.rstrip().endswith("the last one of reason\n52 (preemption timer)"), \
        "a message longer than a row is broken between words"


@pytest.mark.parametrize("apic", ["mmio", "tpr", "apicv"])
def test_nmis_come_as_before_after_an_access(tmp_path, apic):
    run = boot_guest(tmp_path, "nmi_hidden", options=[f"apic={apic}"]).check_ended()
    assert run.values == {"before": 1, "read": 0xFFFFFFFF, "after": 2}


def test_sti_holds_nmis_back_for_an_access_as_for_any_instruction(tmp_path):
    run = boot_guest(tmp_path, "nmi_sti", cpus=2, options=["apic=tpr"]).check_ended()
    assert run.values == {"nmis": 300, "after_sti": 0}
