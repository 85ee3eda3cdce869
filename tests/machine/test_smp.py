"""Several processors: hv16 starts them all, and the guest starts them by INIT and SIPI, in every mode.

guests/smp.asm runs natively too, on two real processors of Bochs, so these say what is right.
"""

import re

import pytest
from machines import boot, boot_guest, boot_native
from test_guest_endings import RESET, WAYS

MODES = ["mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"]
EDX = 0x306C3  # CPUID.01H:EAX of the Haswell: SDM table 10-1; Bochs's own processors have 0 there


@pytest.fixture(scope="module")
def native(folder):
    return boot_native(folder, "smp", cpus=2).values


@pytest.fixture(scope="module")
def runs(folder):
    done = {}

    def run(mode: str):
        if mode not in done:
            where = folder / f"smp_{mode}"
            where.mkdir()
            done[mode] = boot_guest(where, "smp", options=[f"apic={mode}"], cpus=2)
        return done[mode].check_ended()
    return run


@pytest.mark.parametrize("mode", MODES)
def test_init_sipi_nmis_and_interrupts_do_what_real_processors_do(runs, native, mode):
    assert native["rounds"] == 100 and native["first"] == 1 and native["elsewhere"] == 0
    assert runs(mode).values == native | {"edx": EDX}


@pytest.fixture(scope="module")
def native_halted(folder):
    return boot_native(folder, "halted", cpus=2).values


@pytest.mark.parametrize("mode", MODES)
def test_a_processor_in_hlt_wakes_for_what_wakes_real_processors(tmp_path, native_halted, mode):
    """With interrupts off that is the NMI: two HLTs in all, however many interrupts are sent."""
    assert native_halted["off_halts"] == 1 and native_halted["nmi_halts"] == 2
    assert native_halted["on_fixed"] == 100
    run = boot_guest(tmp_path, "halted", options=[f"apic={mode}"], cpus=2).check_ended()
    assert run.values == native_halted


@pytest.mark.parametrize("mode", MODES)
def test_no_init_or_sipi_leaves_hv16(runs, mode):
    run = runs(mode)
    assert "INIT" not in run.report.exits and "SIPI" not in run.report.exits
    assert run.report.exits["exception or NMI"] > 100, "they come as mail"


@pytest.mark.parametrize("cpus", [1, 2, 5, 8])
def test_each_processor_is_started_and_costs_the_same(out, cpus):
    run = boot(out, cpus=cpus).check_ended()
    found = re.findall(r"^hv16: cpu (\d): APIC ID (\w+), virtual-APIC address \w+, started in (\d+) ticks$",
                       run.log, re.MULTILINE)
    assert [(int(cpu), int(apic_id, 16)) for cpu, apic_id, _ in found] == [(n, n) for n in range(1, cpus)]
    ticks = [int(ticks) for *_, ticks in found] or [0]
    assert max(ticks) - min(ticks) < 100, "CPU 2 and CPU 8 take the same time"
    assert (f"{cpus} processors, found by ACPI" in run.log) == (cpus > 1)


def test_lines_of_two_processors_do_not_mix(out):
    run = boot(out, cpus=8, options=["level=debug"]).check_ended()
    assert all(line.startswith("hv16: ") for line in run.log.splitlines())


@pytest.mark.parametrize("limit, started", [(1, 0), (2, 1), (3, 2)])
def test_the_option_cpus_leaves_the_rest_alone(out, limit, started):
    run = boot(out, cpus=4, options=[f"cpus={limit}"]).check_ended()
    assert len(re.findall(r"started in", run.log)) == started


# --- apic=off: INITs and SIPIs are real --------------------------------------------------------------

LEFT_OUT = "cpu 1: the INIT cannot be acknowledged on a processor that a SIPI starts: it is left out"


@pytest.fixture(scope="module")
def sipi_alone(folder):
    where = folder / "sipi_alone"
    where.mkdir()
    return boot_guest(where, "smp", "SIPI_ALONE", options=["apic=off"], cpus=2).check_ended()


def test_a_real_sipi_starts_a_processor_under_hv16(sipi_alone, native):
    state = ["eax", "edx", "esp", "cr0", "flags", "cs", "dr6", "dr7", "apicid", "base", "svr",
             "idt_limit"]
    expected = native | {"edx": EDX}
    assert {name: sipi_alone.values[name] for name in state} == {name: expected[name] for name in state}
    assert (sipi_alone.values["alone"], sipi_alone.values["alone_nmi"]) == (1, 1)
    assert sipi_alone.report.exits["SIPI"] >= 1, "it went through hv16"


def test_a_real_init_that_stays_pending_there_leaves_it_out_in_words(sipi_alone):
    if LEFT_OUT not in sipi_alone.log:
        assert sipi_alone.values["again"] == 2
        pytest.skip("this Bochs clears a pending INIT at the exit: the processor starts again")
    assert sipi_alone.values["again"] == 1
    assert "INIT exits 8 times with no guest instruction in between" in sipi_alone.log
    assert sipi_alone.report.exits["INIT signal"] < 20


def test_real_inits_and_sipis_do_what_they_do_natively(tmp_path, native):
    """Only what is sent while hv16 itself runs is lost, so 100 rounds without a pause are not these."""
    run = boot_guest(tmp_path, "smp", "PAUSES", options=["apic=off"], cpus=2).check_ended()
    if LEFT_OUT in run.log:
        pytest.skip("this Bochs does not clear a pending INIT at the exit")
    assert run.values == native | {"edx": EDX}
    assert run.report.exits["SIPI"] > 100 and run.report.exits["INIT signal"] > 100


# --- Resets by the second processor --------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["off", "tpr", "x2apic"])
@pytest.mark.parametrize("why", WAYS)
def test_a_reset_by_the_second_processor_restarts_the_guest_on_the_first(tmp_path, why, mode):
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS[why]}", "BOOTS=3", "ON_SECOND", cpus=2,
                     options=[f"apic={mode}"])
    run.check_ended()
    assert run.shown == [("boots", 1), ("boots", 2), ("boots", 3)]
    assert RESET.findall(run.log) == [(why, "restarting at its boot sector")] * 2
    assert run.log.count("entering the guest") == 1, "hv16 itself must not start again"
    assert "cpu 1: 2 INITs, 2 SIPIs" in run.log, "the counters outlive a restart"
    resets = {"triple fault": "triple fault", "jump to the reset vector": "VMCALL", "INT 19h": "VMCALL"}
    assert run.report.exits[resets.get(why, "I/O instruction")] >= 2


# --- What processors have of their own ------------------------------------------------------------------


@pytest.fixture(scope="module")
def native_bases(folder):
    return boot_native(folder, "apic_base_smp", cpus=2).values


@pytest.mark.parametrize("mode", ["mmio", "tpr", "apicv"])
def test_each_processor_moves_its_own_apic_and_no_other(tmp_path, native_bases, mode):
    """On Bochs none can be switched on again: there the SDM alone says what is right. And the limit: where
    a processor has memory, but another one its APIC, it sees nothing at all."""
    run = boot_guest(tmp_path, "apic_base_smp", options=[f"apic={mode}"], cpus=2).check_ended()
    expected = native_bases | {"on_id2": 1 << 24, "on_tpr2": 0x41}
    assert expected["came_back"] == 0x30003 and expected["foreign"] == expected["memory"] == 0x12345678
    assert run.values == expected | {"foreign": 0xFFFFFFFF}, run.explain()


def test_each_processor_has_mtrrs_of_its_own_and_the_others_hear_of_a_change(folder, tmp_path):
    """Bochs has no caches: that the others forget the old memory types shows in their exits alone."""
    native = boot_native(folder, "mtrr_smp", cpus=2)
    run = boot_guest(tmp_path, "mtrr_smp", cpus=2).check_ended()
    assert native.values["first_type"] != native.values["first_type2"] == native.values["before_type"]
    assert run.values == native.values
    exits = dict(re.findall(r"^hv16: cpu (\d): (\d+) exits: exception or NMI", run.log, re.MULTILINE))
    assert int(exits["0"]) > 0 and int(exits["1"]) > 2, run.log  # INIT and SIPI are two


@pytest.fixture(scope="module")
def native_nmis(folder):
    return boot_native(folder, "nmi_init", cpus=2).shown


@pytest.mark.parametrize("mode", ["mmio", "tpr", "apicv"])
def test_init_inside_an_nmi_handler_lets_the_next_nmi_through(tmp_path, native_nmis, mode):
    run = boot_guest(tmp_path, "nmi_init", options=[f"apic={mode}"], cpus=2).check_ended()
    assert run.shown == native_nmis, run.explain()
