"""The tour: everything guest16 can do, under hv16 and natively, and what such a run leaves."""

import json
import re

import pytest
from machines import boot, run_sh

DEMOS = {"bios", "bigreal", "cpuid", "hidden", "exits", "reset"}


def verdicts(serial: str) -> dict[str, str]:
    return dict(re.findall(r"^guest16: demo (\w+) (ok|skipped|FAILED)", serial, re.MULTILINE))


@pytest.fixture(scope="module")
def typed(folder):
    """The tour as a person gets it with no terminal: through run.sh."""
    out = folder / "typed"
    done = run_sh("--headless", "--out", str(out))
    return done, out


@pytest.fixture(scope="module")
def tour(folder):
    return boot(folder / "tour", autorun="tour").check_ended()


def test_run_sh_without_a_terminal_runs_the_tour_and_ends_with_status_0(typed):
    done, _ = typed
    assert done.returncode == 0, done.stdout + done.stderr
    assert "guest16: end" in done.stdout
    assert "hv16: end: the guest ended (code 0)" in done.stdout
    assert done.stderr == ""


def test_a_run_leaves_serial_log_screen_and_summary(typed):
    _, out = typed
    assert {"serial.txt", "hv.log", "screen.txt", "summary.json"} <= {p.name for p in out.iterdir()}
    assert "guest16: end" in (out / "serial.txt").read_text("utf-8")
    assert (out / "hv.log").read_text("utf-8").endswith("hv16: end: the guest ended (code 0)\n")
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["ended"] == "end" and summary["status"] == 0
    assert summary["cpu_model"] == "corei7_haswell_4770" and summary["mem_mb"] == 32


def test_a_run_leaves_no_lock_and_no_pipe_behind(typed):
    _, out = typed
    assert [p.name for p in out.iterdir() if p.suffix == ".lock" or p.is_fifo()] == []


def test_every_demo_is_ok_under_hv16(tour):
    assert verdicts(tour.serial) == dict.fromkeys(DEMOS, "ok")
    assert "guest16: demos run: 6, failed: 0, skipped: 0" in tour.serial
    assert "WRONG" not in tour.serial


def test_the_exits_of_the_summary_are_those_of_the_log(tour):
    found = re.findall(r"^hv16: cpu 0: (\d+) exits: (.*) \((\d+)\)$", tour.log, re.MULTILINE)
    logged = {name: int(count) for count, name, _ in found}
    assert logged and tour.report.exits == logged
    assert tour.report.exits_total == sum(logged.values())
    assert {"CPUID", "VMCALL", "I/O instruction", "EPT violation"} <= set(logged)


def test_two_runs_take_the_same_ticks_and_the_same_exits(tour, folder):
    again = boot(folder / "again", autorun="tour").check_ended()
    assert again.report.ticks == tour.report.ticks
    assert again.report.ticks is not None
    assert again.report.exits == tour.report.exits
    assert again.serial == tour.serial and again.log == tour.log


def test_the_screen_has_the_guests_text_and_the_status_line_in_row_25(tour):
    rows = tour.screen.split("\n")
    assert "guest16: end" in rows[:24]
    assert re.match(r" hv16 \| \d+ exits \| ", rows[24]), rows[24]


def test_the_status_line_counts_no_more_exits_than_there_were(tour):
    shown = int(re.search(r"^ hv16 \| (\d+) exits", tour.screen, re.MULTILINE).group(1))
    assert 0 < shown <= tour.report.exits_total
    assert shown >= tour.report.exits_total // 2


def test_no_usable_range_of_the_guests_map_overlaps_the_hidden_block(tour):
    base, last = (int(word, 16) for word in
                  re.search(r"^hv16: hidden: 0x([0-9a-f]+)-0x([0-9a-f]+)$", tour.log, re.M).groups())
    entries = [(int(start, 16), int(length, 16)) for start, length in
               re.findall(r"^    ([0-9A-F]{16}) ([0-9A-F]{16}) 1 usable$", tour.serial, re.M)]
    assert len(entries) >= 2, "the map was not found in the guest's output"
    assert [e for e in entries if e[0] <= last and e[0] + e[1] > base] == []
    assert last - base + 1 == 2 << 20


def test_the_guest_calls_no_usable_memory_its_own_where_the_resident_is(tour):
    base, last = (int(word, 16) for word in
                  re.search(r"^hv16: resident: 0x([0-9a-f]+)-0x([0-9a-f]+)$", tour.log, re.M).groups())
    entries = [(int(start, 16), int(length, 16)) for start, length in
               re.findall(r"^    ([0-9A-F]{16}) ([0-9A-F]{16}) 1 usable$", tour.serial, re.M)]
    assert [e for e in entries if e[0] <= last and e[0] + e[1] > base] == []


def test_bios_calls_cause_no_exit(tour, folder):
    """The demo bios alone: its exits are those of the demo cpuid, which calls the BIOS less. Without
    apic=off the interrupts that the BIOS waits for are exits as well."""
    bios = boot(folder / "bios", autorun="bios", options=["apic=off"]).check_ended()
    assert set(bios.report.exits) <= {"CPUID", "VMCALL", "I/O instruction"}


def check_native(run) -> None:
    run.check_ended()
    assert run.log == "", "there must be no hypervisor"
    found = verdicts(run.serial)
    assert set(found) == DEMOS and "FAILED" not in found.values(), run.serial
    assert found["bios"] == found["bigreal"] == found["cpuid"] == "ok"
    assert found["hidden"] == found["reset"] == "skipped", "these need hv16"


def test_guest16_runs_natively_in_bochs(folder):
    check_native(boot(folder / "native", native=True, autorun="tour"))


def test_guest16_runs_natively_in_qemu(folder, need_qemu):
    check_native(boot(folder / "qemu", native=True, autorun="tour", emulator="qemu"))
