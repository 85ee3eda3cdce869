"""The demo spinlocks: the mail of docs/questions.md, question 5, row by row, and what is called wrong."""

import json

import pytest
from hv16.demos import spinlocks
from hv16.demos.modes import Case, Outcome
from machines import run_sh

# The table of the mail: IRR and ISR together, TPR, PPR, and whether MOV CR8 is intercepted. Its row
# "release spinlock #1" is the state inside the hypervisor, and "DPC queue processed" the same as the
# one before; a guest can note neither.
MAIL = {
    "initial": ("{}", 0, 0, "off"),
    "take-lock-1": ("{}", 2, 2, "off"),
    "timer-comes": ("{13}", 2, 13, "off"),
    "timer-wants-dpc": ("{2,13}", 2, 13, "off"),
    "timer-eoi": ("{2}", 2, 2, "on"),
    "take-lock-2": ("{2}", 2, 2, "on"),
    "release-lock-2": ("{2}", 2, 2, "on"),
    "dpc-comes": ("{2}", 0, 2, "off"),
    "dpc-raises-tpr": ("{2}", 2, 2, "on"),
    "dpc-eoi": ("{}", 2, 2, "off"),
    "dpc-restores-tpr": ("{}", 0, 0, "off"),
}
NO_TPR_WRITE = {"initial", "timer-comes", "timer-wants-dpc", "timer-eoi", "dpc-eoi"}


@pytest.fixture(scope="module")
def demo(folder):
    table = folder / "spinlocks.json"
    done = run_sh("demo", "spinlocks", "--json", str(table), "--out", str(folder / "out"))
    assert done.returncode == 0, done.stdout + done.stderr
    return {row["step"]: row for row in json.loads(table.read_text("utf-8"))["rows"]}


def test_each_row_is_that_of_the_mail(demo):
    assert list(demo) == list(MAIL)
    for name, (both, tpr, ppr, intercept) in MAIL.items():
        row = demo[name]
        together = sorted(int(word) for cell in (row["IRR"], row["ISR"])
                          for word in cell.strip("{}").split(",") if word)
        assert "{" + ",".join(map(str, together)) + "}" == both, name
        assert (int(row["TPR"]), int(row["PPR"]), row["CR8"]) == (tpr, ppr, intercept), name


def test_the_threshold_is_there_while_a_request_is_held_back_by_tpr(demo):
    held = {name for name, row in demo.items() if row["threshold"] == "2"}
    assert held == {"timer-eoi", "take-lock-2", "release-lock-2"}
    assert {row["threshold"] for row in demo.values()} == {"-", "2"}


def test_one_write_of_tpr_exits_in_tpr_and_none_where_the_processor_delivers(demo):
    writes = set(demo) - NO_TPR_WRITE
    assert {name for name in writes if demo[name]["tpr"] != "0"} == {"dpc-comes"}
    assert {name for name in writes if demo[name]["mmio"] == "1"} == writes
    for mode in ("off", "apicv", "x2apic", "posted"):
        assert {row[mode] for row in demo.values()} == {"0"}


# --- What is called wrong --------------------------------------------------------------------------

# What a sound guest prints in apic=tpr.
GOOD = """\
spinlocks: initial 0000 0000 0 0 0 0
spinlocks: take-lock-1 0000 0000 2 2 0 0
spinlocks: timer-comes 0000 2000 2 13 0 1
spinlocks: timer-wants-dpc 0004 2000 2 13 0 1
spinlocks: timer-eoi 0004 0000 2 2 2 1
spinlocks: take-lock-2 0004 0000 2 2 2 0
spinlocks: release-lock-2 0004 0000 2 2 2 0
spinlocks: dpc-comes 0000 0004 0 2 0 1
spinlocks: dpc-raises-tpr 0000 0004 2 2 0 0
spinlocks: dpc-eoi 0000 0000 2 2 0 1
spinlocks: dpc-restores-tpr 0000 0000 0 0 0 0
"""


def outcome(serial: str, mode: str = "tpr") -> Outcome:
    return Outcome(Case(mode), verdict="ok", serial=serial)


def test_a_sound_run_is_no_problem():
    assert spinlocks.problem(outcome(GOOD)) == ""


@pytest.mark.parametrize("right, wrong, message", [
    ("timer-eoi 0004 0000 2 2 2 1", "timer-eoi 0004 0000 2 2 0 1", "timer-eoi: the TPR threshold is 0, not 2"),
    ("dpc-comes 0000 0004 0 2 0", "dpc-comes 0000 0004 0 2 2", "dpc-comes: the TPR threshold is 2, not 0"),
    ("timer-comes 0000 2000 2 13", "timer-comes 0000 2000 2 2", "timer-comes: PPR is 2, not 13"),
    ("spinlocks: dpc-eoi 0000 0000 2 2 0 1\n", "", "10 steps of 11"),
], ids=["no threshold", "threshold too long", "stale PPR", "lost step"])
def test_one_wrong_number_is_a_problem(right, wrong, message):
    assert right in GOOD
    assert spinlocks.problem(outcome(GOOD.replace(right, wrong))) == message


def test_exits_where_the_processor_could_do_it_are_a_problem():
    assert "exits" in spinlocks.problem(outcome(GOOD.replace(" 2 1\n", " 0 1\n").replace(
        "2 2 2 0\n", "2 2 0 0\n"), "apicv"))


def test_modes_must_agree_about_the_states():
    other = outcome(GOOD.replace("take-lock-2 0004", "take-lock-2 0000"), "apicv")
    assert spinlocks.differences([outcome(GOOD), outcome(GOOD, "mmio")]) == {}
    assert list(spinlocks.differences([outcome(GOOD), other])) == ["apicv"]


def test_a_deferred_call_that_never_comes_is_the_guests_verdict():
    failed = Outcome(Case("tpr"), verdict="FAILED", reason="the deferred procedure call never came",
                     serial=GOOD)
    assert spinlocks.problem(failed) == "the deferred procedure call never came"
