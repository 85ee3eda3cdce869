"""--emulator qemu: QEMU's own translator, with a clock that counts instructions.

Two runs must be alike, tick by tick. What is shown of hv16 is as far as it comes there.
"""

import json
import re

import pytest
from hv16 import apic_costs, exit_costs, models, qemu
from hv16.demos.modes import Case, Outcome
from hv16.run import RunRequest
from machines import Run, assemble, boot, run_sh

pytestmark = pytest.mark.usefixtures("need_qemu")
SVM, ALT_MOV_CR8, NESTED_PAGING = 1 << 2, 1 << 4, 1 << 0  # CPUID 80000001h ECX, 8000000Ah EDX


def qemu_boot(out, **request) -> Run:
    return boot(out, emulator="qemu", **request)


def guest(folder, way: str, **request) -> Run:
    """One of guests/qemu.asm, on a hard disk, without hv16."""
    disk = assemble(folder, "qemu", f"WAY={way}", "NATIVE")
    return qemu_boot(folder / "out", guests=[disk], native=True, **request)


# --- Ticks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [
    {"native": True, "autorun": "bench"},
    {"native": True, "autorun": "spinlocks", "cpus": 2, "mem_mb": 64},
    {"autorun": "cpuid"},
    {"autorun": "cpuid", "from_floppy": True},
], ids=["native", "native-2", "hv16", "floppy"])
def test_two_runs_are_equal_tick_by_tick(tmp_path, request_):
    first, second = (qemu_boot(tmp_path / name, **request_) for name in "12")
    assert first.report.ended in ("end", "refused"), first.explain()
    assert first.report.ticks and first.report.ticks == second.report.ticks
    for name in ("serial.txt", "hv.log", "screen.txt", "registers.txt"):
        assert first.text(name) == second.text(name), name


def test_an_instruction_is_256_of_the_time_stamp_counter(tmp_path):
    run = qemu_boot(tmp_path, native=True, autorun="bench").check_ended()
    ticks = dict(re.findall(r"^bench (\w+) (\d+)$", run.serial, re.MULTILINE))
    assert int(ticks["cpuid"]) == int(ticks["rdmsr"]) == qemu.TSC_PER_INSTRUCTION
    assert all(int(number) % qemu.TSC_PER_INSTRUCTION == 0 for number in ticks.values())
    assert int(ticks["int13"]) > int(ticks["int10"]) > 0


def test_bench_counts_instructions(tmp_path):
    request = RunRequest(emulator="qemu", out=tmp_path)
    ticks = exit_costs.measure(request, native=True)
    assert (ticks["cpuid"], ticks["rdmsr"], ticks["movcr0"]) == (1, 1, 1)
    assert 1 < ticks["int10"] < 200 < ticks["int13"]


def test_bench_of_the_apic_counts_instructions():
    """What the guest prints is of the TSC."""
    outcome = Outcome(Case("mmio"), serial="bench-apic tpr-write 25600 1000\n",
                      tsc_per_tick=RunRequest(emulator="qemu").tsc_per_tick)
    assert apic_costs.figures_of(outcome) == {"tpr-write": (100, 1.0)}


def test_no_ticks_are_claimed_of_a_machine_that_still_ran(tmp_path):
    run = qemu_boot(tmp_path, native=True, autorun="menu", until=re.compile("for the menu"))
    assert run.report.ended == "until" and run.report.ticks is None, run.explain()


def test_with_a_hard_disk_no_ticks_are_claimed(tmp_path):
    """It answers when the host has read its file, and the BIOS polls meanwhile."""
    disk = assemble(tmp_path, "start", "NATIVE")
    run = qemu_boot(tmp_path / "out", guests=[disk], native=True,
                    until=re.compile("^guest: done", re.MULTILINE))
    assert run.values["dl"] == 0x80 and run.values["write"] == 0, run.explain()
    assert run.status == 0 and run.report.ticks is None


# --- Processors -----------------------------------------------------------------------------------


def svm_facts(folder, cpu: str) -> dict[str, int]:
    return guest(folder, "SVM", cpu=cpu, until=re.compile("^guest: done", re.MULTILINE)).values


@pytest.mark.parametrize("cpu", models.QEMU_FEATURES)
def test_a_processor_has_what_our_table_says(tmp_path, cpu):
    """Without AltMovCr8 LOCK MOV CR0 is #UD on QEMU 10.0; on 7.2 it writes CR0, and nothing tells."""
    if cpu.split(",")[0] not in qemu.cpu_models():
        pytest.skip(f"QEMU {qemu.version()} has no {cpu}")
    facts, features = svm_facts(tmp_path, cpu), models.QEMU_FEATURES[cpu]
    has = models.QemuFeatures(bool(facts["features"] & SVM),
                              bool(facts["svm_features"] & NESTED_PAGING),
                              bool(facts["features"] & ALT_MOV_CR8))
    assert has == features, facts
    if features.cr8:
        assert (facts["fault"], facts["cr8"], facts["cr0"] & 8) == (0, 8, 0), facts
    else:
        assert facts["fault"] == 6 or facts["cr0"] & 8, facts


def test_the_default_processor_has_it_all():
    assert models.QEMU_FEATURES[models.DEFAULT_QEMU_CPU] == models.QemuFeatures(True, True, True)


def test_a_warning_of_qemu_is_no_complaint(tmp_path):
    """EPYC has much that the translator has not; QEMU warns of each, and the run is sound."""
    disk = assemble(tmp_path, "endings", "WAY=OFF", "NATIVE", "PM1A_CNT=0x604")
    run = qemu_boot(tmp_path / "out", guests=[disk], native=True, cpu="EPYC")
    assert ": warning: " in run.text("emulator.out")
    assert (run.report.ended, run.status) == ("off", 0), run.explain()
    assert "good night" in run.serial


def test_an_unknown_cpu_model_is_refused(tmp_path):
    done = run_sh("--emulator", "qemu", "--cpu", "ryzen", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "QEMU has no such model" in done.stderr


@pytest.mark.parametrize("cpu, why", [
    ("max,+nosuch", "Property 'max-x86_64-cpu.nosuch' not found"),
    ("max,vendor=nobody", "vendor"),
])
@pytest.mark.parametrize("words", [[], ["debug", "mbr"]], ids=["run", "debug"])
def test_what_qemu_dislikes_is_said_in_its_words(tmp_path, words, cpu, why):
    done = run_sh(*words, "--emulator", "qemu", "--cpu", cpu, "--out", str(tmp_path))
    assert done.returncode == 1
    assert re.search(r"^hv16: (debug mbr: )?QEMU gave up: .*" + re.escape(why), done.stderr), done.stderr


# --- How runs end ---------------------------------------------------------------------------------


def test_hv16_runs_on_the_default_processor(tmp_path):
    done = run_sh("--emulator", "qemu", "--run", "cpuid", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert (summary["ended"], summary["emulator"]) == ("end", "qemu")
    assert f"run: {summary['ticks']:,} ticks on qemu {qemu.version()}, max\n" in done.stdout
    assert summary["exits"]["CPUID"] >= 10


def test_hv16_refuses_a_processor_with_neither_svm_nor_vmx(tmp_path):
    run = qemu_boot(tmp_path, cpu="max,-svm")
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert "neither VMX (CPUID.01H:ECX bit 5) nor SVM" in run.report.message
    assert "refused" in run.screen


def test_hv16_boots_from_a_floppy(tmp_path):
    run = qemu_boot(tmp_path, from_floppy=True, autorun="cpuid").check_ended()
    assert "boot drive 0x00" in run.log


def test_exits_are_read_from_where_the_log_says_that_they_are_counted(tmp_path):
    """A guest plays hv16: what is read is what it wrote."""
    run = guest(tmp_path, "COUNTERS")
    assert (run.report.ended, run.status) == ("end", 0), run.explain()
    assert run.report.exits == {"CPUID": 7, "VMCALL": 2} and run.report.exits_total == 9
    assert run.report.options == "none=at-all"


def test_a_triple_fault_ends_the_run(tmp_path):
    """QEMU itself would boot again, and again."""
    run = guest(tmp_path, "TRIPLE")
    assert (run.report.ended, run.status) == ("emulator", 1), run.explain()
    assert run.report.message == "QEMU gave up: triple fault: emulator.log has the registers"
    assert "Triple fault" in run.text("emulator.log")


def test_a_menu_that_nobody_answers_ends_by_the_time_limit(tmp_path):
    run = qemu_boot(tmp_path, native=True, autorun="menu", timeout=3)
    assert (run.report.ended, run.status) == ("timeout", 124), run.explain()
    assert "for the menu" in run.screen
