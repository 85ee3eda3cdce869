"""The guest's local APIC in every mode: the same guests, and the same answers as on the machine's own.

guests/apic.asm runs natively too, so Bochs's APIC says what is right; where Bochs is not the SDM,
the test says so. guests/apic_base.asm goes where Bochs's own does not follow the SDM at all: there
the SDM alone says it.
"""

import re

import pytest
from hv16 import bochs_installed, models
from machines import assemble, boot, boot_guest, boot_native, need_model

MODES = ["mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"]
GP = 13
ONES = 0xFFFFFFFF
ESR_SEND_ILLEGAL, ESR_RECEIVE_ILLEGAL, ESR_ILLEGAL_REGISTER = 0x20, 0x40, 0x80

# What Bochs 2.7 does otherwise than the SDM, or what the BIOS has left in the real one.
DIFFERENT = {"icr0", "esr2", "error"}


def answers(serial: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w]+)=(.*)$", serial, re.MULTILINE))


@pytest.fixture(scope="module")
def native(folder):
    return answers(boot_native(folder, "apic").serial)


@pytest.fixture(scope="module")
def runs(folder):
    """guests/NAME.asm in a mode, once each."""
    done = {}

    def run(name: str, mode: str):
        if (name, mode) not in done:
            where = folder / f"{name}_{mode}"
            where.mkdir()
            done[name, mode] = boot_guest(where, name, options=[f"apic={mode}"])
        return done[name, mode].check_ended()
    return run


@pytest.mark.parametrize("mode", ["off", *MODES])
def test_the_tour_runs_in_every_mode(folder, mode):
    run = boot(folder / f"tour_{mode}", autorun="tour", options=[f"apic={mode}"]).check_ended()
    assert ("apic: " in run.log) == (mode != "off")


@pytest.mark.parametrize("mode", MODES)
def test_registers_priorities_ipis_and_timer_are_those_of_a_real_apic(runs, native, mode):
    ours = answers(runs("apic", mode).serial)
    assert len(native) > 50 and ours.keys() == native.keys()
    different = {name: (ours[name], native[name]) for name in native
                 if ours[name] != native[name] and name not in DIFFERENT}
    assert not different


@pytest.mark.parametrize("mode", MODES)
def test_an_illegal_vector_is_an_error_and_raises_the_error_interrupt(runs, mode):
    """SDM volume 3, "Error Handling" (11.5.3). Bochs 2.7 raises none, and reports half of it."""
    ours = answers(runs("apic", mode).serial)
    assert int(ours["esr2"], 16) == ESR_SEND_ILLEGAL | ESR_RECEIVE_ILLEGAL
    assert ours["error"] == "95."


def test_with_apic_off_the_guest_has_the_machines_own(folder, native):
    where = folder / "apic_off"
    where.mkdir()
    run = boot_guest(where, "apic", options=["apic=off"]).check_ended()
    assert answers(run.serial) == native
    assert run.report.exits == {"VMCALL": 1}


# --- What a mode costs -----------------------------------------------------------------------------


def test_the_exits_of_each_mode_are_those_of_the_book(runs):
    """DESIGN: who handles which access."""
    exits = {mode: runs("apic", mode).report.exits for mode in MODES}
    assert "APIC access" not in exits["mmio"] and exits["mmio"]["EPT violation"] > 100
    assert exits["tpr-ro"]["EPT violation"] > 50 and exits["tpr-ro"]["APIC access"] > 20
    assert "EPT violation" not in exits["tpr"] and exits["tpr"]["TPR below threshold"] == 3
    for mode in ("apicv", "x2apic", "posted"):
        assert "TPR below threshold" not in exits[mode] and exits[mode]["APIC write"] > 20
        assert exits[mode]["APIC access"] < 10, "PPR, and what cannot be virtualized"


@pytest.mark.parametrize("mode", MODES)
def test_a_guest_may_write_one_register_again_and_again(runs, mode):
    """An exit after the instruction is progress, wherever it is; in the other modes RIP moves."""
    assert runs("apic_again", mode).values["left"] == 0


# --- The 8259 --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def native_pic(folder):
    return boot_native(folder, "pic").values


@pytest.mark.parametrize("mode", ["off", *MODES])
def test_an_interrupt_of_the_8259_stays_there_while_the_guest_has_interrupts_off(
        runs, native_pic, mode):
    values = runs("pic", mode).values
    assert values == native_pic
    assert (values["irr"] & 1, values["isr"]) == (1, 0), "acknowledged too early"
    assert values["masked_old"] == 0 and values["unmasked_old"] == 1
    assert (values["initialized_old"], values["initialized_new"]) == (1, 0), "an old vector came"
    assert (values["renamed_old"], values["renamed_new"]) == (1, 1)


@pytest.mark.parametrize("mode", ["off", *MODES])
def test_what_waits_before_hlt_and_a_timer_around_it_wake_the_guest_each_time(runs, mode):
    run = runs("apic_sleep", mode)
    assert answers(run.serial)["self"] == "62."
    assert run.values["rounds"] == 400


DELIVERING = ["apicv", "x2apic", "posted"]  # those in which the processor delivers


@pytest.fixture(scope="module")
def native_if_off(folder):
    return boot_native(folder, "if_off").values


@pytest.mark.parametrize("mode", ["off", *MODES])
@pytest.mark.parametrize("what", ["timer", "both", "self", "tpr"])
def test_nothing_comes_while_the_guest_has_interrupts_off(runs, native_if_off, mode, what):
    """Bochs 2.7 hands over a virtual interrupt that waits for IF as soon as an interrupt of the
    machine comes. hv16 lets none wait in such a guest; what the guest requests from itself, or
    unmasks by TPR, while it has interrupts off, hv16 does not see."""
    values = runs("if_off", mode).values
    assert native_if_off[f"{what}_early"] == 0
    if mode in DELIVERING and what in ("self", "tpr") and values[f"{what}_early"]:
        pytest.skip("Bochs 2.7 delivers a virtual interrupt to a guest with IF = 0")
    assert (values[f"{what}_early"], values[f"{what}_came"]) == (0, native_if_off[f"{what}_came"])
    assert values["irr"] == native_if_off["irr"] != 0


@pytest.fixture(scope="module")
def native_left(folder):
    return boot_native(folder, "left").values


@pytest.mark.parametrize("mode", ["off", *MODES])
def test_ppr_and_irr_are_right_while_an_interrupt_of_the_8259_waits_for_if(runs, native_left, mode):
    """PPR also through the MSRs, in modes that have them."""
    values = runs("left", mode).values
    shown = {name: value for name, value in native_left.items()
             if mode in ("off", "x2apic", "posted") or not name.startswith("x2apic_")}
    assert native_left["pit"] == 1 and native_left["irr"] != 0 and len(native_left) == 10
    assert values == shown


# --- NMIs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["off", *MODES])
def test_each_nmi_comes_once_at_once_and_in_turn(runs, mode):
    values = runs("nmi", mode).values
    assert values["alone"] == 1
    assert (values["fault"], values["with_fault"]) == (GP, 3), "an exception must not replace an NMI"
    assert values["at_iret"] == 5
    assert values["nested"] == 9


# --- The I/O APIC ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def native_ioapic(folder):
    return answers(boot_native(folder, "ioapic").serial)


@pytest.mark.parametrize("mode", ["off", *MODES])
def test_an_io_apics_interrupts_find_the_guest_by_its_logical_id(runs, native_ioapic, mode):
    ours = answers(runs("ioapic", mode).serial)
    assert ours == native_ioapic
    assert (ours["edge"], ours["level"], ours["other"]) == ("62.", "73.", "")


@pytest.mark.parametrize("mode", ["off", *MODES])
def test_the_end_of_a_level_triggered_interrupt_comes_to_the_machines_apic(runs, mode):
    """Otherwise it stays in service there, and lets nothing of its class or below through."""
    run = runs("ioapic", mode)
    ours = answers(run.serial)
    assert (ours["level2"], ours["lower"]) == ("73.", "62.")
    if mode in ("apicv", "x2apic", "posted"):
        assert run.report.exits["virtualized EOI"] == 2, "and only these EOIs exit"


# --- IA32_APIC_BASE --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_the_guest_switches_its_apic_off_and_on_again(runs, mode):
    values = runs("apic_base", mode).values
    assert (values["off"], values["baseoff"] & 0x800, values["cpuidoff"]) == (0, 0, 0)
    assert values["tproff"] == ONES, "nothing is there then"
    assert (values["on"], values["cpuidon"]) == (0, 0x200)
    assert (values["tpron"], values["svron"]) == (0, 0xFF), "as after power-up"


@pytest.mark.parametrize("mode", MODES)
def test_the_page_follows_when_the_guest_moves_it(runs, mode):
    values = runs("apic_base", mode).values
    assert (values["move"], values["moved"]) == (0, 0xD0000900)
    assert values["tprold"] == ONES, "nothing is left where it was"
    assert (values["version"] & 0xFF, values["tprnew"]) == (0x14, 0x26)
    assert answers(runs("apic_base", mode).serial)["ipi"] == "51."
    assert (values["back"], values["svrback"]) == (0, 0x1FF)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", ["reserved", "invalid", "high", "early_fault"])
def test_illegal_values_of_ia32_apic_base_and_early_x2apic_msrs_are_gp(runs, mode, what):
    assert runs("apic_base", mode).values[what] == GP


@pytest.mark.parametrize("mode", MODES)
def test_x2apic_is_offered_only_where_the_mode_has_it(runs, mode):
    assert ("has x2apic" in runs("apic_base", mode).serial) == (mode in ("x2apic", "posted"))


@pytest.mark.parametrize("mode", ["x2apic", "posted"])
def test_x2apic_msrs_are_right_and_illegal_ones_are_gp(runs, mode):
    values = runs("apic_base", mode).values
    assert (values["x2"], values["x2id"], values["x2ldr"]) == (0, 0, 1)
    assert values["x2version"] & 0xFF == 0x14
    for name in ("x2dfr", "x2icrh", "x2eoi", "x2idwr", "x2eoibad", "x2tprbad", "x2selfbad"):
        assert values[name + "_fault"] == GP, name
    for name in ("x2id", "x2tprgood", "x2tprzero", "x2svr", "x2icr"):
        assert values[name + "_fault"] == 0, name


@pytest.mark.parametrize("mode", ["x2apic", "posted"])
def test_self_ipis_through_msrs_arrive_and_the_way_back_is_through_off(runs, mode):
    run = runs("apic_base", mode)
    assert [value for name, value in run.shown if name == "x2came"] == [1, 2]
    assert (run.values["x2back"], run.values["x2off"], run.values["x2on"]) == (GP, 0, 0)
    assert run.values["version2"] & 0xFF == 0x14


# --- Bad input -------------------------------------------------------------------------------------

BYTE_WRITE, MISALIGNED, EIGHT, PAGE_END, FETCH, STACK, MISALIGNED_READ, BYTE_READ, RESERVED = \
    range(1, 10)

STOPS = [
    (BYTE_WRITE, ["mmio", "tpr-ro", "tpr"], "at f0 in a way", "a write of less than 32 bits"),
    (MISALIGNED, MODES, "at f2 in a way", "does not begin at a register"),
    (EIGHT, MODES, "at f0 in a way", "none of the instructions that it knows"),
    (PAGE_END, MODES, "at ffe in a way", "across the end of the page"),
    (FETCH, MODES, "executes its APIC's page", "that is no memory"),
    (STACK, MODES, "at ec in a way", "none of the instructions that it knows"),
]


def bad(folder, way: int, mode: str):
    return boot_guest(folder, "apic_bad", f"WAY={way}", options=[f"apic={mode}"])


@pytest.mark.parametrize("way, mode, where, why", [
    (way, mode, where, why) for way, modes, where, why in STOPS for mode in modes])
def test_an_access_that_no_manual_allows_stops_with_a_clear_message(tmp_path, way, mode, where, why):
    run = bad(tmp_path, way, mode)
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert where in run.report.message and why in run.report.message
    if "in a way" in where:
        assert re.search(r"^hv16: the instruction's bytes: (?:[0-9a-f]{2} ){7}", run.log, re.M)


@pytest.mark.parametrize("mode", MODES)
def test_misaligned_and_short_reads_are_parts_of_the_register(tmp_path, mode):
    assert bad(tmp_path, MISALIGNED_READ, mode).check_ended().values == {"ax": 1, "behind": 0}


@pytest.mark.parametrize("mode", MODES)
def test_tpr_may_be_read_and_written_by_bytes(tmp_path, mode):
    assert bad(tmp_path, BYTE_READ, mode).check_ended().values["al"] == 0x21


@pytest.mark.parametrize("mode", MODES)
def test_a_reserved_register_reads_0_and_is_an_error_with_an_interrupt_at_once(tmp_path, mode):
    run = bad(tmp_path, RESERVED, mode).check_ended()
    values = run.values
    assert answers(run.serial)["interrupt"] == "95."
    assert (values["reserved"], values["written"]) == (0, 0)
    assert values["esr"] == ESR_ILLEGAL_REGISTER


# --- Which modes a processor has -------------------------------------------------------------------


@pytest.mark.parametrize("cpu, mode, lacks", [
    ("corei7_sandy_bridge_2600k", "apicv", "APIC-register virtualization"),
    ("corei7_ivy_bridge_3770k", "x2apic", "APIC-register virtualization"),
    ("bx_generic", "x2apic", "x2APIC (CPUID.01H:ECX bit 21)"),
    ("bx_generic", "posted", "x2APIC (CPUID.01H:ECX bit 21)"),
])
def test_a_mode_that_the_processor_lacks_is_refused_naming_the_control(out, cpu, mode, lacks):
    need_model(cpu)
    run = boot(out, cpu=cpu, options=[f"apic={mode}"])
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert run.report.message == (f'hv16: refused: apic={mode}: this processor lacks "{lacks}"; '
                                  "apic=auto takes the best it has")


@pytest.mark.parametrize("cpu, best", [
    ("corei5_arrandale_m520", "tpr"), ("corei3_cnl", "tpr"), ("bx_generic", "apicv"),
    ("corei7_haswell_4770", "x2apic"),
    *[(cpu, "posted" if bochs_installed.has_posted_interrupts() else "x2apic")
      for cpu, features in models.FEATURES.items() if features.posted]])
def test_auto_takes_the_best_that_the_processor_has_and_says_so(out, cpu, best):
    need_model(cpu)
    run = boot(out, cpu=cpu, options=["apic=auto"]).check_ended()
    assert f"hv16: apic: {best};" in run.log


def test_posted_without_the_control_is_drained_in_software_and_the_log_says_so(runs):
    assert 'lacks "process posted interrupts": the descriptor is drained in software' in \
        runs("apic", "posted").log


def test_restarting_the_guest_gives_it_a_fresh_apic(tmp_path):
    run = boot(tmp_path / "out", guests=[assemble(tmp_path, "resets", "WAY=5", "BOOTS=3")],
               options=["apic=tpr"]).check_ended()
    assert run.shown == [("boots", 1), ("boots", 2), ("boots", 3)]
