"""Several processors: hv16 starts them all, and the guest starts them by INIT and SIPI, in every mode.

guests/smp.asm runs natively too, on two real processors of Bochs, so these say what is right.
"""

import re

import pytest
from machines import boot, boot_guest, boot_native

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


def test_a_processor_without_what_it_takes_uses_one_and_says_why(out):
    run = boot(out, cpus=2, options=["apic=off"]).check_ended()
    assert "2 processors, but only this one is used: apic=off" in run.log
