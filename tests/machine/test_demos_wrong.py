"""`demo` and `bench --apic`: what they call wrong, and what they answer to wrong usage.

What no run of a sound hv16 shows is told to them by made-up outcomes: each is right but for one
thing, and that must be said.
"""

import json
import re

import pytest
from hv16 import apic_costs, models
from hv16.demos import command, modes, tpr_shadow
from hv16.demos.command import DEMOS, demo_command
from hv16.demos.demo import judge
from hv16.demos.modes import Case, Outcome
from hv16.paths import ROOT
from hv16.run import RunRequest
from machines import run_sh

MODES = ["off", "mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"]
WITHOUT_APICV = "corei5_arrandale_m520"
NOT_HERE = 'not here: this processor lacks "APIC-register virtualization"'


# --- Made-up outcomes ------------------------------------------------------------------------------

TPR_EXITS = {"mmio": "48 40000", "tpr-ro": "48 20000"}
WAYS = {"mmio": {"page": 1000, "cr8": 1000}, "tpr-ro": {"page": 1000, "cr8": 0}}


def shadow(case: Case, **values: str | None) -> Outcome:
    usual = {"tpr-exits": TPR_EXITS.get(case.mode, "none"), "exits": "44 7", "delivered": "2000",
             "order": "ok", "ticks-per-op": "1.50", "latency": "3"}
    return Outcome(case, verdict="ok", values=changed(usual, values))


def three(case: Case, **values: str | None) -> Outcome:
    ways = WAYS.get(case.mode, {"page": 0, "cr8": 0})
    if case.mode in ("x2apic", "posted"):
        ways = {**ways, "msr": 0}
    hidden = case.mode not in ("off", "mmio")
    usual = {"guest-base": "FEE00900", "machine-base": "FEE00900",
             "apic-access": "01C26000, there" if hidden else "none in this mode",
             "virtual-apic": "01C27000, there" if hidden else "none in this mode",
             "cpu-01": "guest-base FEE00800, apic-access 01C26000, virtual-apic 01C28000" if hidden
                       else "guest-base FEE00800, apic-access 00000000, virtual-apic 00000000",
             **{way: str(exits) for way, exits in ways.items()}}
    values = changed(usual, values)
    lines = [f"three-addresses: by {way}, exits {values[way]}, page 50, cr8 05, ok\n"
             for way in ("page", "cr8", "msr") if way in values]
    return Outcome(case, verdict="ok", values=values, serial="".join(lines))


def x2apic_id(case: Case, **values: str | None) -> Outcome:
    if case.mode not in ("off", "x2apic", "posted"):
        return Outcome(case, verdict="skipped", reason="no x2APIC")
    if case.bug:
        return Outcome(case, verdict="FAILED", reason="not the ID", values=changed(
            {"cpuid-0bh": "00000000", "rdmsr-802h": "DEADBEEF:DEADBEEF",
             "cpu-01": "rdmsr-802h DEADBEEF:DEADBEEF"}, values))
    return Outcome(case, verdict="ok", values=changed(
        {"cpuid-0bh": "00000001", "rdmsr-802h": "00000000:00000001",
         "cpu-02": "rdmsr-802h 00000000:00000002"}, values))


def changed(usual: dict[str, str], values: dict[str, str | None]) -> dict[str, str]:
    """`usual` with `values`, whose names are spelt with _ for -; None takes one out."""
    new = {**usual, **{name.replace("_", "-"): value for name, value in values.items()}}
    return {name: value for name, value in new.items() if value is not None}


def init_ipi(case: Case, **values: str | None) -> Outcome:
    exits = {"storm": 10_000, "ack": 2}.get(case.init, 8 if case.mode == "off" else 0)
    usual = {"started": "1", "came": "1, ok",
             "registers": "cr0 60000010, ok", "INIT signal": str(exits)}
    values = changed(usual, {key.replace("INIT_signal", "INIT signal"): value
                             for key, value in values.items()})
    exits = {"INIT signal": int(values.pop("INIT signal"))}
    if case.init == "storm":
        return Outcome(case, verdict="stopped", reason="no instruction", exits=exits, values=values)
    return Outcome(case, verdict="ok", values=values, exits=exits)


def ipi(case: Case, **values: str | None) -> Outcome:
    log = values.pop("log", "drained in software")
    exits = "" if case.mode == "off" else "0 1000"
    return Outcome(case, verdict="ok", log=log, values=changed(
        {"delivered": "1000, ok", "sender-exits": "48 1000", "receiver-exits": exits}, values))


MAKE = {"init-ipi": init_ipi, "ipi": ipi, "tpr-shadow": shadow, "three-addresses": three, "x2apic-id": x2apic_id}


def right(name: str, case: Case) -> Outcome:
    bite = tpr_shadow.BITES.get(case) if name == "tpr-shadow" else None
    if bite:
        return Outcome(case, verdict="FAILED", reason=bite, values={"tpr-exits": "none"})
    return MAKE[name](case)


@pytest.mark.parametrize("name", MAKE)
def test_right_outcomes_are_not_called_wrong(name):
    for case in DEMOS[name].cases:
        row, problem = judge(DEMOS[name], right(name, case))
        assert (problem, row[0]) == ("", case.label)
        assert row[-1] in ("ok", "skipped") or row[-1].startswith("as it must: ")


WRONG = [
    # (demo, mode, bug, what is different, what must be said)
    ("tpr-shadow", "tpr", "", {"tpr_exits": "44 7"}, "40,000 accesses to TPR made 7 exits, expected 0"),
    ("tpr-shadow", "off", "", {"tpr_exits": "48 1"}, "made 1 exits, expected 0"),
    ("tpr-shadow", "mmio", "", {"tpr_exits": "none"}, "made 0 exits, expected 40,000"),
    ("tpr-shadow", "tpr-ro", "", {"tpr_exits": "48 40000"}, "made 40,000 exits, expected 20,000"),
    ("tpr-shadow", "apicv", "", {"tpr_exits": None}, "were not counted"),
    ("tpr-shadow", "apicv", "", {"delivered": "1999"}, "not all interrupts came in order"),
    ("tpr-shadow", "posted", "", {"order": "WRONG"}, "not all interrupts came in order"),
    ("tpr-shadow", "x2apic", "", {"delivered": None}, "not all interrupts came in order"),
    ("tpr-shadow", "tpr", "stale-tpr", {}, "the bug does not bite: expected IRQL violation, was ok"),
    ("tpr-shadow", "tpr", "no-threshold", {}, "the bug does not bite: expected lost interrupt, was ok"),
    ("tpr-shadow", "mmio", "stale-tpr", {"delivered": "1"}, "not all interrupts came in order"),
    ("three-addresses", "apicv", "", {"page": "1000"}, "by page made 1,000 exits, expected 0"),
    ("three-addresses", "tpr", "", {"cr8": "1"}, "by cr8 made 1 exits, expected 0"),
    ("three-addresses", "x2apic", "", {"msr": "1000"}, "by msr made 1,000 exits, expected 0"),
    ("three-addresses", "mmio", "", {"cr8": "0"}, "by cr8 made 0 exits, expected 1,000"),
    ("three-addresses", "tpr-ro", "", {"page": "0"}, "by page made 0 exits, expected 1,000"),
    ("three-addresses", "posted", "", {"msr": None}, "TPR was not written by msr"),
    ("three-addresses", "tpr", "", {"page": None}, "TPR was not written by page"),
    ("three-addresses", "off", "", {"cr8": None}, "TPR was not written by cr8"),
    ("three-addresses", "tpr", "", {"apic_access": "none in this mode"}, "no apic-access address"),
    ("three-addresses", "apicv", "", {"virtual_apic": None}, "no virtual-apic address"),
    ("three-addresses", "off", "", {"guest_base": None}, "no guest-base address"),
    ("three-addresses", "tpr", "", {"virtual_apic": "01C26000, there"}, "are the same page"),
    ("three-addresses", "tpr", "", {"apic_access": "FEE00000, there"}, "are the same page"),
    ("three-addresses", "tpr", "", {"cpu_01": None}, "no other processor has answered"),
    ("three-addresses", "apicv", "", {
        "cpu_01": "guest-base FEE00800, apic-access 01C26000, virtual-apic 01C27000"},
     "two processors share a virtual-APIC page"),
    ("three-addresses", "tpr-ro", "", {
        "cpu_01": "guest-base FEE00800, apic-access 01C29000, virtual-apic 01C28000"},
     "cpu-01 has another APIC-access address"),
    ("ipi", "mmio", "", {"delivered": "999"}, "not all interrupts have come"),
    ("ipi", "off", "", {"receiver_exits": "0 1"}, "1,000 interrupts made 1 exits of the receiver, expected 0"),
    ("ipi", "apicv", "", {"receiver_exits": "0 999"},
     "1,000 interrupts made 999 exits of the receiver, expected more"),
    ("ipi", "posted", "", {"receiver_exits": ""},
     "1,000 interrupts made 0 exits of the receiver, expected more"),
    ("ipi", "posted", "", {"log": "apic: posted"},
     "1,000 interrupts made 1,000 exits of the receiver, expected 0"),
    ("init-ipi", "x2apic", "", {"INIT_signal": "1"}, "1 INIT exits, expected 0"),
    ("init-ipi", "off", "", {"INIT_signal": "9"}, "9 INIT exits, expected 8"),
    ("init-ipi", "off", "sticky-init", {"INIT_signal": "1"}, "1 INIT exits, expected 8"),
    ("init-ipi", "mmio", "", {"started": "0"}, "the second processor has not been started"),
    ("init-ipi", "off", "", {"started": "0"}, "the second processor has not been started"),
    ("x2apic-id", "posted", "", {"cpu_02": None}, "no other processor has answered"),
    ("x2apic-id", "x2apic", "", {"cpu_02": "rdmsr-802h 00000000:00000000"}, "cpu-02: rdmsr-802h"),
    ("x2apic-id", "x2apic", "raw-page", {"cpu_01": "rdmsr-802h 00000000:00000001"},
     "the raw page reads 00000000:00000001"),
    ("x2apic-id", "x2apic", "", {"rdmsr_802h": "DEADBEEF:DEADBEEF"},
     "RDMSR 802H reads DEADBEEF:DEADBEEF, expected 00000000:00000001"),
    ("x2apic-id", "posted", "", {"rdmsr_802h": None}, "RDMSR 802H reads nothing"),
    ("x2apic-id", "off", "", {"rdmsr_802h": "00000000:00000000"}, "expected 00000000:00000001"),
    ("x2apic-id", "x2apic", "raw-page", {"rdmsr_802h": "00000000:00000000"},
     "the raw page reads 00000000:00000000"),
    ("x2apic-id", "x2apic", "raw-page", {"rdmsr_802h": None}, "the raw page reads FAILED"),
]


@pytest.mark.parametrize("name, mode, bug, values, said", WRONG)
def test_an_expectation_that_does_not_hold_is_said(name, mode, bug, values, said):
    row, problem = judge(DEMOS[name], MAKE[name](Case(mode, bug), **values))
    assert said in problem and row[-1] == "WRONG"


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("mode", MODES)
def test_what_the_guest_calls_failed_is_wrong_in_every_mode(name, mode):
    outcome = right(name, Case(mode))
    outcome.verdict, outcome.reason = "FAILED", "such and such"
    row, problem = judge(DEMOS[name], outcome)
    assert (row[-1], problem) == ("WRONG", "such and such")


@pytest.mark.parametrize("name, mode", [("tpr-shadow", "mmio"), ("three-addresses", "tpr"),
                                        ("x2apic-id", "x2apic"), ("x2apic-id", "posted")])
def test_a_demo_that_is_skipped_where_it_should_run_is_wrong(name, mode):
    outcome = Outcome(Case(mode), verdict="skipped", reason="no APIC")
    row, problem = judge(DEMOS[name], outcome)
    assert (row[-1], problem) == ("WRONG", "no APIC")
    assert "0.00" not in row, "nothing was measured"


def test_an_x2apic_in_a_mode_without_one_is_wrong():
    outcome = x2apic_id(Case("x2apic"))
    outcome.case = Case("apicv")
    assert "an x2APIC where there should be none" in judge(DEMOS["x2apic-id"], outcome)[1]


@pytest.fixture
def told(monkeypatch):
    """Puts made-up outcomes in place of runs, by the labels of their cases."""
    def tell(name: str, outcomes: dict[str, Outcome]) -> None:
        def run_case(request, demos_name, case, folder):
            return outcomes.get(case.label) or right(name, case)
        monkeypatch.setattr(command, "run_case", run_case)
    return tell


def test_a_demo_with_a_wrong_row_is_status_1_and_names_the_mode(told, capsys, tmp_path):
    table = tmp_path / "table.json"
    told("tpr-shadow", {"tpr": shadow(Case("tpr"), order="WRONG"),
                        "mmio, bug=stale-tpr": Outcome(Case("mmio", "stale-tpr"),
                                                       problem="time-out")})
    assert demo_command(RunRequest(), "tpr-shadow", str(table)) == 1
    output = capsys.readouterr()
    assert output.err.splitlines() == [
        "hv16: demo tpr-shadow, apic=tpr: not all interrupts came in order",
        "hv16: demo tpr-shadow, apic=mmio, bug=stale-tpr: time-out"]
    assert output.out.count("  WRONG\n") == 2
    assert json.loads(table.read_text("utf-8"))["wrong"] == {
        "tpr": "not all interrupts came in order", "mmio, bug=stale-tpr": "time-out"}


def test_a_demo_with_right_rows_is_status_0(told, capsys):
    told("three-addresses", {})
    assert demo_command(RunRequest(), "three-addresses", None) == 0
    assert capsys.readouterr().err == ""


# --- bench --apic ------------------------------------------------------------------------------------


def bench_outcome(mode: str, both: int) -> Outcome:
    lines = [f"bench-apic {name} {both} 0\n" for name in ("tpr-write", "tpr-read", "tpr-both")]
    return Outcome(Case(mode), verdict="ok", serial="".join(lines))


def test_a_target_that_is_missed_is_called_so():
    lines = apic_costs.targets([bench_outcome("mmio", 601), bench_outcome("tpr", 7),
                                bench_outcome("apicv", 6)])
    assert [line.split()[-1] for line in lines] == ["MISSED", "MISSED", "met"]
    with_exit = bench_outcome("tpr", 1)
    with_exit.serial = with_exit.serial.replace("tpr-both 1 0", "tpr-both 1 1")
    assert apic_costs.targets([bench_outcome("mmio", 600), with_exit])[1].endswith("MISSED")


def test_bench_says_in_which_mode_the_guest_failed(monkeypatch, capsys):
    """In mmio, with which the others are compared, and of which there are no figures then."""
    monkeypatch.setattr(modes, "run_case", lambda request, name, case, folder: Outcome(
        case, verdict="FAILED", reason="an interrupt never came") if case.mode == "mmio"
        else bench_outcome(case.mode, 1))
    assert apic_costs.bench_apic_command(RunRequest(), None) == 1
    assert capsys.readouterr().err == "hv16: bench, apic=mmio: an interrupt never came\n"


# --- Other processors ----------------------------------------------------------------------------------


def test_a_demo_shows_what_the_processor_can_and_names_what_it_lacks(out):
    done = run_sh("demo", "three-addresses", "--cpu", WITHOUT_APICV, "--out", str(out))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    verdicts = {line.split()[0]: line for line in done.stdout.splitlines() if line.split()[:1]}
    for mode in ("off", "mmio", "tpr-ro", "tpr"):
        assert verdicts[mode].endswith("  ok")
    for mode in ("apicv", "x2apic", "posted"):
        assert verdicts[mode].endswith(NOT_HERE)


def test_bench_shows_what_the_processor_can_and_names_what_it_lacks(out):
    done = run_sh("bench", "--apic", "--cpu", WITHOUT_APICV, "--out", str(out))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count(NOT_HERE) == 3 and "\ntpr: TPR write + read 0 exits" in done.stdout


def test_a_mode_that_the_processor_should_have_is_not_passed_over(monkeypatch, out):
    haswell = models.FEATURES[models.DEFAULT_CPU]
    monkeypatch.setitem(models.FEATURES, WITHOUT_APICV, haswell)
    outcome = modes.run_case(RunRequest(cpu=WITHOUT_APICV), "x2apic-id", Case("apicv"), out)
    assert outcome.lacks == "" and 'lacks "APIC-register virtualization"' in outcome.problem
    assert judge(DEMOS["x2apic-id"], outcome)[0][-1] == "WRONG"


@pytest.mark.parametrize("command, cpu, lacks", [
    (["demo", "x2apic-id"], "corei5_lynnfield_750", 'lacks "unrestricted guest"'),
    (["demo", "three-addresses"], "pentium", "has no long mode"),
    (["bench", "--apic"], "pentium", "has no long mode")])
def test_a_processor_that_does_not_run_hv16_is_status_1_and_says_why(command, cpu, lacks, out):
    done = run_sh(*command, "--cpu", cpu, "--out", str(out))
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "this processor" in done.stderr and "./run.sh doctor" in done.stderr
    rows = [line for line in done.stdout.splitlines() if "  not here: " in line]
    assert {line.split(",")[0].split()[0] for line in rows} == set(MODES)
    assert all(lacks in line for line in rows) and "WRONG" not in done.stdout


def test_runs_that_do_not_come_to_an_end_are_wrong_and_each_is_named(out):
    done = run_sh("demo", "x2apic-id", "--timeout", "0.01", "--out", str(out))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == len(MODES) + 1 and done.stdout.count("  WRONG\n") == len(lines)
    for mode, line in zip(MODES, lines):
        assert line.startswith(f"hv16: demo x2apic-id, apic={mode}: not at an end after 0.01 s; see ")
        assert line.endswith(f"/{mode}/hv.log")


# --- Usage -----------------------------------------------------------------------------------------


def test_demo_alone_lists_the_demos():
    done = run_sh("demo")
    listed = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert (done.returncode, done.stderr, list(listed)) == (0, "", list(DEMOS))
    assert set(MAKE) <= set(listed) and listed["tpr-shadow"].endswith("(13 runs)")


@pytest.mark.parametrize("words, complaint", [
    (["demo", "nope"], 'demo: unknown name "nope"; demos: tpr-shadow '),
    (["demo", "tpr-shadwo"], 'demo: unknown name "tpr-shadwo", did you mean tpr-shadow?'),
    (["demo", "bios"], "others of guest16: --run"),
    (["demo", "x2apic-id", "three-addresses"], 'demo: too many words: "x2apic-id three-addresses"'),
    (["demo", "tpr-shadow", "--apic", "tpr"], "--apic does not go with demo"),
    (["demo", "tpr-shadow", "--native"], "--native does not go with demo"),
    (["bench", "--apic", "tpr"], 'bench: --apic takes no value, it measures every mode: "tpr"'),
    (["--apic", "nonsense"], '--apic "nonsense"; modes: off mmio tpr-ro tpr apicv x2apic posted auto'),
    (["--apic", "x2apci"], '--apic "x2apci", did you mean x2apic?'),
    (["--apic"], "--apic: which mode? off mmio"),
    (["--apic", "tpr", "--native"], "--apic is for hv16, which does not run with --native"),
    (["doctor", "--apic", "tpr"], "--apic does not go with doctor"),
    (["demo", "--json", "x"], "demo: --json goes with a demo's name: tpr-shadow"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_wrong_usage_of_demo_and_apic_is_status_2(words, complaint):
    done = run_sh(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hv16: ") and complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_table_that_cannot_be_written_is_status_2_and_names_the_file(out):
    done = run_sh("demo", "x2apic-id", "--json", "/nowhere/x", "--out", str(out))
    assert done.returncode == 2 and "RDMSR 802H" in done.stdout, "the table is shown all the same"
    assert done.stderr == "hv16: /nowhere/x: No such file or directory\n"


@pytest.mark.parametrize("name", DEMOS)
def test_the_question_that_a_demo_answers_is_there(name):
    text = (ROOT / "docs/questions.md").read_text("utf-8")
    for number in re.findall(r"docs/questions\.md, question (\d)", DEMOS[name].text):
        assert re.search(rf"^## {number}\. ", text, re.MULTILINE)
