"""`demo` and `bench --apic`: what they show of the APIC in every mode, from here and from the menu.

The commands are typed as a person types them, each one once. What they call wrong: see
test_demos_wrong.py.
"""

import json
import os
import pty
import re
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hv16 import bochs_installed, models
from hv16.paths import ROOT
from machines import TIMEOUT, run_sh

MODES = ["off", "mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"]
FREE = ["tpr", "apicv", "x2apic", "posted"]  # TPR without an exit
X2APIC = ["x2apic", "posted"]
BUGS = ["stale-tpr", "no-threshold"]
BITES = {"stale-tpr": "IRQL violation", "no-threshold": "lost interrupt"}
NATIVE_X2APIC = models.FEATURES[models.DEFAULT_CPU].x2apic


@dataclass
class Done:
    """A demo that has run: what it printed, and its table by the labels of the rows."""

    status: int
    stdout: str
    stderr: str
    data: dict
    out: Path

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        return {row["apic"]: row for row in self.data["rows"]}

    @property
    def printed(self) -> list[list[str]]:
        """The cells of the table on standard output."""
        lines = self.stdout.split("\n")
        rules = [number for number, line in enumerate(lines) if re.fullmatch(r"[- ]*--[- ]*", line)]
        assert len(rules) == 1, "one table, with one line below its titles"
        widths = [len(dashes) for dashes in lines[rules[0]].split("  ")]
        rows = []
        for line in lines[rules[0] + 1:lines.index("", rules[0])]:
            starts = [sum(widths[:i]) + 2 * i for i in range(len(widths))]
            rows.append([line[start:start + width].strip() for start, width in zip(starts, widths)])
        return rows


def run_demo(folder, name: str) -> Done:
    out, table = folder / name, folder / f"{name}.json"
    done = run_sh("demo", name, "--json", str(table), "--out", str(out))
    assert table.exists(), done.stdout + done.stderr
    return Done(done.returncode, done.stdout, done.stderr, json.loads(table.read_text("utf-8")), out)


def check_good(done: Done) -> None:
    assert (done.status, done.stderr, done.data["wrong"]) == (0, "", {}), done.stdout + done.stderr
    assert [list(row.values()) for row in done.data["rows"]] == done.printed


# --- tpr-shadow ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shadow(folder):
    return run_demo(folder, "tpr-shadow")


def test_tpr_shadow_has_a_row_for_each_mode_and_each_bug(shadow):
    check_good(shadow)
    assert list(shadow.rows) == MODES + [f"{mode}, bug={bug}" for mode in ("mmio", "tpr-ro", "tpr")
                                         for bug in BUGS]


@pytest.mark.parametrize("mode, exits", [("off", "0.00"), ("mmio", "1.00"), ("tpr-ro", "0.50"),
                                         *[(mode, "0.00") for mode in FREE]])
def test_tpr_shadow_tells_exits_and_interrupts(shadow, mode, exits):
    row = shadow.rows[mode]
    assert row["exits/access"] == exits
    assert (row["interrupts"], row["order"], row["verdict"]) == ("2,000", "ok", "ok")
    assert int(row["latency"]) > 0 and float(row["ticks/access"]) > 0
    serial = (shadow.out / mode / "serial.txt").read_text("utf-8")
    assert f"tpr-shadow: mode {mode}" in serial.splitlines()


def test_tpr_shadow_tells_the_exits_by_their_reasons(shadow):
    """DESIGN: who handles which access."""
    reasons = {mode: set(re.findall(r"(\d+): ", row["exits by reason"]))
               for mode, row in shadow.rows.items()}
    assert reasons["mmio"] == {"48", "7"} and reasons["tpr-ro"] == {"48", "7"}
    assert reasons["tpr"] == {"43", "44", "7"}
    for mode in ("off", "apicv", "x2apic", "posted"):
        assert shadow.rows[mode]["exits by reason"] == "none"
    for reason in ("7 interrupt window", "43 TPR below threshold", "44 APIC access",
                   "48 EPT violation"):
        assert reason in shadow.stdout


def test_tpr_shadow_saves_what_the_issue_says(shadow):
    ticks = {mode: float(row["ticks/access"]) for mode, row in shadow.rows.items()}
    assert all(100 * ticks[mode] <= ticks["mmio"] <= 600 for mode in FREE)
    assert ticks["tpr"] < ticks["tpr-ro"] < ticks["mmio"]


@pytest.mark.parametrize("bug", BUGS)
def test_the_bugs_bite_in_tpr_and_nowhere_else(shadow, bug):
    assert shadow.rows[f"tpr, bug={bug}"]["verdict"] == f"as it must: {BITES[bug]}"
    for mode in ("mmio", "tpr-ro"):
        row, good = shadow.rows[f"{mode}, bug={bug}"], shadow.rows[mode]
        assert (row["interrupts"], row["order"], row["verdict"]) == ("2,000", "ok", "ok")
        assert row["exits by reason"] == good["exits by reason"]


@pytest.mark.parametrize("bug, title, text", [
    ("stale-tpr", "IRQL_NOT_LESS_OR_EQUAL", "*** IRQL violation: vector 41h at TPR 60h"),
    ("no-threshold", "INTERRUPT_NEVER_CAME", "*** lost interrupt: vector 61h at TPR 00h")])
def test_the_guests_blue_screen_is_there(shadow, bug, title, text):
    rows = (shadow.out / f"tpr-{bug}" / "screen.txt").read_text("utf-8").split("\n")
    assert title in rows and f"guest16: {text}" in rows
    assert rows.index(title) < rows.index(f"guest16: demo tpr-shadow FAILED: {BITES[bug]}")


# --- three-addresses, x2apic-id ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(folder):
    return run_demo(folder, "three-addresses")


@pytest.mark.parametrize("mode", MODES)
def test_three_addresses_are_of_three_kinds(three, mode):
    check_good(three)
    row = three.rows[mode]
    assert (row["guest's base"], row["verdict"]) == ("FEE00900", "ok")
    others = row["APIC-access"], row["virtual-APIC"], row["of CPU 1"]
    if mode in ("off", "mmio"):
        assert others == ("-", "-", "-")
        return
    pages = {int(address, 16) >> 12 for address in (row["guest's base"], *others)}
    assert len(pages) == 4, "CPU 1 has a virtual-APIC page of its own"
    log = (three.out / mode / "hv.log").read_text("utf-8")
    block = [int(end, 16) for end in
             re.search(r"^hv16: hidden: 0x([0-9a-f]+)-0x([0-9a-f]+)\r?$", log, re.M).groups()]
    assert all(block[0] <= int(address, 16) <= block[1] for address in others)


@pytest.mark.parametrize("mode", MODES)
def test_three_addresses_counts_the_exits_of_each_way_to_tpr(three, mode):
    row = three.rows[mode]
    assert row["page"] == ("1,000" if mode in ("mmio", "tpr-ro") else "0")
    assert row["CR8"] == ("1,000" if mode == "mmio" else "0")
    has_msr = mode in X2APIC or (mode == "off" and NATIVE_X2APIC)
    assert row["MSR"] == ("0" if has_msr else "-")


def test_x2apic_id_is_right_where_there_is_an_x2apic_and_skipped_elsewhere(folder):
    done = run_demo(folder, "x2apic-id")
    check_good(done)
    assert list(done.rows) == [*MODES, "x2apic, bug=raw-page"]
    for mode in MODES:
        row = done.rows[mode]
        if mode in X2APIC or (mode == "off" and NATIVE_X2APIC):
            assert row["RDMSR 802H"] == "00000000:" + row["CPUID"] == "00000000:00000000"
            assert row["on CPU 1"] == ("-" if mode == "off" else "00000000:00000001")
            assert row["verdict"] == "ok"
        else:
            assert (row["CPUID"], row["RDMSR 802H"], row["verdict"]) == ("-", "-", "skipped")
    raw = done.rows["x2apic, bug=raw-page"]
    assert (raw["CPUID"], raw["RDMSR 802H"]) == ("00000000", "DEADBEEF:DEADBEEF")
    assert raw["on CPU 1"] == "DEADBEEF:DEADBEEF"
    assert raw["verdict"].startswith("as it must: ")


# --- init-ipi ----------------------------------------------------------------------------------------


def test_init_ipi_shows_the_storm_and_its_answers(folder):
    done = run_demo(folder, "init-ipi")
    check_good(done)
    staged = ["off, bug=sticky-init, init=storm", "off, bug=sticky-init, init=ack", "off, bug=sticky-init"]
    assert list(done.rows) == ["off, init=storm", "off, init=ack", "off", *staged, *MODES[1:]]
    storms = {staged[0]} if bochs_installed.clears_init() else {staged[0], "off, init=storm"}
    for label, row in done.rows.items():
        storm = label in storms
        assert (row["after it"], row["registers"]) == (("0", "-") if storm else ("goes on", "right"))
        assert row["CPU 1"] == ("by SIPI" if label.startswith("off") else "started")
        assert row["verdict"] == ("as it must: no guest instruction any more" if storm else "ok")
    assert [row["INIT exits"] for row in done.rows.values()] == \
        (["1", "1", "1"] if bochs_installed.clears_init() else ["10,000", "2", "8"]) + \
        ["10,000", "2", "8"] + 6 * ["0"]


# --- ipi ---------------------------------------------------------------------------------------------


def test_ipi_counts_what_an_interrupt_costs_the_processor_that_gets_it(folder):
    """With posted interrupts nothing, where the processor has them."""
    done = run_demo(folder, "ipi")
    check_good(done)
    assert list(done.rows) == MODES
    none = {"off"} | ({"posted"} if bochs_installed.has_posted_interrupts() else set())
    for mode, row in done.rows.items():
        assert row["sender"] == ("0.00" if mode == "off" else "1.00")
        assert (row["the receiver's exits"] == "none") == (mode in none), row
        assert (float(row["receiver"]) >= 1) == (mode not in none), row


# --- bench --apic ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def figures(folder):
    table = folder / "bench.json"
    done = run_sh("bench", "--apic", "--json", str(table), "--out", str(folder / "bench"))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout, json.loads(table.read_text("utf-8"))["modes"]


def test_an_access_in_mmio_takes_at_most_600_ticks(figures):
    mmio = figures[1]["mmio"]
    for access in ("tpr-write", "tpr-read"):
        assert mmio[access]["exits"] == 1 and 0 < mmio[access]["ticks"] <= 600


@pytest.mark.parametrize("mode", FREE)
def test_a_write_and_a_read_of_tpr_make_no_exit_and_take_a_hundredth_of_mmio(figures, mode):
    both = figures[1][mode]["tpr-both"]
    assert both["exits"] == 0 and both["ticks"] > 0
    assert 100 * both["ticks"] <= figures[1]["mmio"]["tpr-both"]["ticks"]


@pytest.mark.parametrize("mode", ["apicv", "x2apic", "posted"])
def test_self_ipi_eoi_and_delivery_make_no_exit_with_virtual_interrupt_delivery(figures, mode):
    for what in ("self-ipi", "eoi", "eoi-idle", "interrupt"):
        assert figures[1][mode][what]["exits"] == 0, what
        assert figures[1]["mmio"][what]["exits"] >= 1, what


@pytest.mark.parametrize("mode", MODES)
def test_the_way_of_an_interrupt_is_told_in_every_mode(figures, mode):
    ticks = figures[1][mode]["interrupt"]["ticks"]
    assert ticks > 0
    assert re.search(rf"^{mode} .* {ticks:,} / \d+$", figures[0], re.MULTILINE)


def test_bench_says_of_each_target_whether_it_is_met(figures):
    said = re.findall(r"^([\w-]+): .*: (met|MISSED)$", figures[0], re.MULTILINE)
    assert said == [(mode, "met") for mode in ("mmio", *FREE)]


# --- In the guest's menu -----------------------------------------------------------------------------

MENU = {"i": "init-ipi", "s": "tpr-shadow", "a": "three-addresses", "x": "x2apic-id", "p": "bench-apic"}
PROMPT = "for the menu: "


def press(out, keys: str, *words: str) -> tuple[int, str]:
    """Boots on a terminal and presses keys, each when the menu asks. Exit status, serial output."""
    deadline = time.monotonic() + 2 * TIMEOUT
    pid, fd = pty.fork()
    if pid == 0:
        command = [str(ROOT / "run.sh"), "--out", str(out), "--timeout", str(TIMEOUT), *words]
        os.execve(command[0], command, os.environ | {"TERM": "xterm"})
    pressed = 0
    while True:
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)  # pty.fork() made it the leader of its own group
        if select.select([fd], [], [], 0.05)[0]:
            try:
                os.read(fd, 65536)
            except OSError:  # how a pseudo-terminal says that the other side has closed
                break
        serial = (out / "serial.txt").read_text("utf-8") if (out / "serial.txt").exists() else ""
        if pressed < len(keys) and serial.count(PROMPT) > pressed:
            os.write(fd, keys[pressed].encode())
            pressed += 1
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), serial


def test_the_menu_names_the_demos_of_the_apic(out):
    done = run_sh("--run", "menu", "--until", PROMPT, "--out", str(out))
    shown = re.findall(r"^    (\w)  (\S+)  +\S", (out / "screen.txt").read_text("utf-8"), re.M)
    assert done.returncode == 0 and MENU.items() <= dict(shown).items()
    keys = re.search(r"^  ((?:\w )+\w), or m for the menu: ", done.stdout, re.MULTILINE).group(1)
    assert keys.split() == [key for key, _ in shown]


@pytest.mark.parametrize("mode, x2apic", [("tpr", "skipped"), ("x2apic", "ok")])
def test_the_demos_run_from_the_menu_one_after_the_other(out, mode, x2apic):
    """tpr-shadow twice: the others leave the APIC as they found it."""
    status, serial = press(out, "sxapsq", "--apic", mode)
    assert status == 0, serial
    assert re.findall(r"^guest16: demo (\S+) (\w+)", serial, re.MULTILINE) == [
        ("tpr-shadow", "ok"), ("x2apic-id", x2apic), ("three-addresses", "ok"), ("bench-apic", "ok"),
        ("tpr-shadow", "ok")]
    assert "three-addresses: by page, exits 0" in serial, "x2APIC mode was left, so there is a page"


@pytest.mark.parametrize("bug", BUGS)
def test_the_guest_goes_on_after_its_blue_screen(out, bug):
    status, serial = press(out, "sapq", "--apic", "tpr", "--option", f"bug={bug}")
    assert status == 1, serial
    assert f"demo tpr-shadow FAILED: {BITES[bug]}" in serial
    assert "demo three-addresses ok" in serial and "guest16: demos run: 3, failed: " in serial
