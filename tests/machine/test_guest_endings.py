"""Guests that reset the machine, crash, spin or say that they failed: every run comes to an end."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from hv16.paths import ROOT
from machines import TIMEOUT, assemble, boot, boot_guest, run_sh

WAYS = {"keyboard controller command": 1, "keyboard controller output port": 2, "port 92h": 3,
        "port CF9h": 4, "triple fault": 5, "jump to the reset vector": 7, "INT 19h": 8}
WORD_TO_CF8, JUMP_TO_F000 = 6, 9
SPIN, END_3, TALK, OFF = 1, 2, 3, 4
RESET = re.compile(r"^hv16: guest reset: (.*), at [0-9a-f]+:[0-9a-f]+; (.*)$", re.MULTILINE)


@pytest.mark.parametrize("why", WAYS)
def test_a_guest_that_resets_the_machine_starts_again_at_its_boot_sector(tmp_path, why):
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS[why]}", "BOOTS=3").check_ended()
    assert run.shown == [("boots", 1), ("boots", 2), ("boots", 3)]
    assert RESET.findall(run.log) == [(why, "restarting at its boot sector")] * 2
    assert run.log.count("entering the guest") == 1, "hv16 itself must not start again"


def test_a_word_to_port_cf8h_covers_the_reset_port_too(tmp_path):
    run = boot_guest(tmp_path, "resets", f"WAY={WORD_TO_CF8}", "BOOTS=2").check_ended()
    assert RESET.findall(run.log) == [("port CF9h", "restarting at its boot sector")]
    assert run.shown == [("boots", 1), ("boots", 2)]


def test_the_reset_vector_is_the_same_by_its_other_name(tmp_path):
    run = boot_guest(tmp_path, "resets", f"WAY={JUMP_TO_F000}", "BOOTS=3").check_ended()
    assert run.shown == [("boots", 1), ("boots", 2), ("boots", 3)]
    assert RESET.findall(run.log) == [("jump to the reset vector", "restarting at its boot sector")] * 2


@pytest.mark.parametrize("why", ["keyboard controller command", "keyboard controller output port"])
def test_after_a_reset_by_the_keyboard_controller_the_keyboard_works(tmp_path, why):
    """The controller must not wait for the rest of a command: F4h would be the next reset."""
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS[why]}", "BOOTS=2", "KEYBOARD_AFTERWARDS")
    run.check_ended()
    assert run.shown == [("boots", 1), ("boots", 2), ("keyboard", 0xFA)]
    assert run.log.count("entering the guest") == 1


def test_a_command_that_the_reset_cut_short_does_not_reset_the_restarted_guest(tmp_path):
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS['triple fault']}", "BOOTS=2",
                     "KEYBOARD_AFTERWARDS", "PENDING").check_ended()
    assert run.shown == [("boots", 1), ("boots", 2), ("keyboard", 0xFA)]
    assert RESET.findall(run.log) == [("triple fault", "restarting at its boot sector")]


def test_a_guest_that_overwrote_what_hv16_left_in_its_memory_starts_again_all_the_same(tmp_path):
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS['triple fault']}", "BOOTS=2",
                     "SMASH").check_ended()
    assert run.shown == [("boots", 1), ("boots", 2)]


@pytest.mark.parametrize("why", WAYS)
def test_with_reset_stop_the_first_reset_is_the_end(tmp_path, why):
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS[why]}", "BOOTS=3", options=["reset=stop"])
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert f"({why}); reset=guest would restart it" in run.report.message
    assert run.shown == [("boots", 1)]


@pytest.mark.parametrize("why", ["keyboard controller command", "triple fault"])
def test_with_reset_machine_the_machine_is_reset_and_everything_boots_again(tmp_path, why):
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS[why]}", "BOOTS=3", options=["reset=machine"])
    run.check_ended()
    assert RESET.findall(run.log) == [(why, "resetting the machine")] * 2
    assert run.log.count("entering the guest") == 3, "hv16 must have booted three times"
    assert run.shown == [("boots", 1), ("boots", 2), ("boots", 3)]


def test_a_guest_that_triple_faults_for_ever_is_stopped_with_a_message(tmp_path):
    run = boot_guest(tmp_path, "resets", f"WAY={WAYS['triple fault']}", "BOOTS=0")
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert re.search(r"the guest reset itself \d+ times in a row at [0-9a-f]+ \(triple fault\)",
                     run.report.message)
    assert run.report.exits["triple fault"] < 100


def test_a_guest_that_reports_failures_gives_status_1(tmp_path):
    run = boot_guest(tmp_path, "endings", f"WAY={END_3}")
    assert (run.report.ended, run.status) == ("end", 1)
    assert run.report.message == "the guest ended (code 3)"


def processes_in(folder) -> list[str]:
    """Process numbers whose current folder this is: the emulator's, for it runs there."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.path.samefile(entry / "cwd", folder):
                found.append(entry.name)
        except OSError:
            pass  # it has ended, or is not ours to look at
    return found


def start_spinning(folder) -> tuple[subprocess.Popen, Path]:
    """run.sh with a guest that never ends, once that guest is running."""
    disk = assemble(folder, "endings", f"WAY={TALK}")
    out = folder / "killed"
    process = subprocess.Popen([str(ROOT / "run.sh"), "--guest", str(disk), "--out", str(out)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + TIMEOUT
    serial = out / "serial.txt"
    while time.monotonic() < deadline and process.poll() is None:
        if serial.exists() and b"answer" in serial.read_bytes():
            break
        time.sleep(0.02)
    assert processes_in(out), "the emulator was to be running now"
    return process, out


@pytest.mark.parametrize("native", [False, True], ids=["hv16", "native"])
def test_a_guest_that_switches_the_machine_off_has_ended_well(tmp_path, native):
    run = boot_guest(tmp_path, "endings", f"WAY={OFF}", native=native)
    assert (run.report.ended, run.status) == ("off", 0), run.explain()
    assert run.report.message == "the guest switched the machine off"
    assert run.serial.endswith("good night\n")
    assert run.report.ticks > 1_000_000
    assert not (run.out / "dump-failed.txt").exists()


@pytest.fixture(scope="module")
def spinning(folder):
    """A guest that never ends, run by run.sh with a time limit."""
    disk = assemble(folder, "endings", f"WAY={SPIN}")
    out = folder / "spin"
    done = run_sh("--guest", str(disk), "--apic", "off", "--timeout", "2", "--out", str(out))
    return done, out


def test_a_guest_that_spins_for_ever_is_a_time_out_with_status_124(spinning):
    done, out = spinning
    assert done.returncode == 124
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert (summary["ended"], summary["status"]) == ("timeout", 124)


def test_screen_and_counters_are_kept_after_a_time_out_as_well(spinning):
    _, out = spinning
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["exits"] == {"CPUID": 1} and summary["exits_total"] == 1
    assert summary["ticks"] > 20_000_000
    rows = (out / "screen.txt").read_text("utf-8").split("\n")
    assert rows[4].startswith("OG"), "what the guest wrote on the screen"


def test_a_time_out_leaves_no_lock(spinning):
    assert list(spinning[1].glob("*.lock")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
                         ids=lambda number: number.name)
def test_a_run_that_is_interrupted_ends_its_emulator_and_leaves_no_lock(tmp_path, number):
    process, out = start_spinning(tmp_path)
    process.send_signal(number)
    assert process.wait(TIMEOUT) == 130
    assert list(out.glob("*.lock")) == []
    assert processes_in(out) == []
    assert json.loads((out / "summary.json").read_text("utf-8"))["ended"] == "interrupted"


def test_a_run_that_is_killed_leaves_no_emulator_and_the_next_run_works(tmp_path):
    process, out = start_spinning(tmp_path)
    process.kill()
    process.wait(TIMEOUT)
    deadline = time.monotonic() + TIMEOUT
    while processes_in(out) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_in(out) == []
    boot(out).check_ended()
    assert list(out.glob("*.lock")) == []


def test_until_ends_the_run_with_status_0_when_the_serial_output_matches(folder):
    disk = assemble(folder, "endings", f"WAY={TALK}")
    out = folder / "talk"
    done = run_sh("--guest", str(disk), "--until", "answer is [0-9]+", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the answer is 42" in (out / "serial.txt").read_text("utf-8")
    assert json.loads((out / "summary.json").read_text("utf-8"))["ended"] == "until"


def test_until_that_never_matches_is_a_time_out(folder):
    disk = assemble(folder, "endings", f"WAY={TALK}")
    done = run_sh("--guest", str(disk), "--until", "answer is 43", "--timeout", "1",
                  "--out", str(folder / "never"))
    assert done.returncode == 124
