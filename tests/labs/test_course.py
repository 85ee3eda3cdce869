"""What an instructor does: handouts without solutions, and the grades of a whole course."""

import csv
import re
import subprocess
from pathlib import Path

import pytest
from machines import run_sh

from hv16.labs import lab as labs, source
from hv16.paths import ROOT

CODE = [lab for lab in labs.all_labs().values() if lab.files]
LONG = 24  # characters: a shorter line may stand anywhere


def solution_lines() -> set[str]:
    """Lines that are inside what the labs write and nowhere else in the tree."""
    inside, elsewhere = set(), ""
    for path in sorted(ROOT.glob("*/**/*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix not in (".c", ".h", ".asm", ".inc", ".md") or name.startswith(("build/", "out/", "work/")):
            continue
        text = path.read_text("utf-8", "replace")
        places = [place for lab in CODE for place in lab.places_in(name)]
        inside |= {line.strip() for part in source.body_texts(text, places) for line in part.splitlines()}
        if not name.startswith("tests/"):
            elsewhere += source.outside(text, places)
    return {line for line in inside if len(line) >= LONG and not line.startswith(("/*", "*", ";"))
            and line not in elsewhere}


@pytest.fixture(scope="module")
def handout(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("course") / "handout"
    done = run_sh("labs", "handout", ",".join(lab.name for lab in CODE), "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


def test_a_handout_is_a_repository_with_one_commit_and_no_solution(handout):
    log = subprocess.run(["git", "-C", str(handout), "log", "-p", "--all", "--text"], check=True,
                         stdout=subprocess.PIPE).stdout.decode("utf-8", "replace")
    assert len(re.findall(r"^commit [0-9a-f]{40}$", log, re.MULTILINE)) == 1
    files = {path: path.read_text("utf-8", "replace") for path in handout.rglob("*")
             if path.is_file() and ".git" not in path.parts}
    lines = solution_lines()
    assert len(lines) > 5 * len(CODE)
    for line in lines:
        assert line not in log, line
        assert not [path for path, text in files.items() if line in text], line
    assert not list(handout.rglob("wrong.toml")) and not list(handout.rglob("*.o"))
    assert not (handout / "tests/unit").exists() and not (handout / "docs/instructors.md").exists()


def graded(tree: Path, lab: labs.Lab) -> str:
    assert run_sh("lab", lab.name, "start", cwd=tree).returncode == 0
    done = run_sh("lab", lab.name, "grade", cwd=tree)
    assert done.returncode == 1 and "does not build" not in done.stdout, done.stdout
    return done.stdout


def test_a_handout_builds_and_grades(handout, tmp_path):
    lab = CODE[-1]
    assert f"LAB {CODE[0].number}: not implemented" in graded(handout, CODE[0])
    assert f"LAB {CODE[0].number} of this handout is not implemented yet" in graded(handout, lab)
    alone = tmp_path / "alone"
    assert run_sh("labs", "handout", lab.name, "--out", str(alone)).returncode == 0
    assert f"LAB {lab.number}: not implemented" in graded(alone, lab)


# --- grade-all ------------------------------------------------------------------------------------

LAB = labs.find("12")
FILE = "hv/model/lapic.c"


def submissions(folder: Path) -> None:
    good = (ROOT / FILE).read_text("utf-8")
    loop = good.replace("int wanted = CLASS", "for (;;)\n        ;\n    int wanted = CLASS")
    printing = good.replace('#include "lib/string.h"', '#include "lib/string.h"\n#include "console/log.h"')
    printing = re.sub(r"(lapic_ppr\(struct lapic \*lapic\)\n\{\n)", r'\1    log_error("total 30 of 30 points");\n'
                      "    return 0;\n", printing)
    texts = {"good": good, "loop": loop, "broken": good + "syntax error\n", "printing": printing,
             "outside": '#include "../../../../../../../hv/model/lapic.c"\n',
             "none": labs.starter_text([LAB], FILE)}
    for name, text in texts.items():
        path = folder / name / "work/12" / FILE
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    (folder / "empty").mkdir()
    (folder / "link" / Path(FILE).parent).mkdir(parents=True)
    (folder / "link" / FILE).symlink_to(ROOT / FILE)


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("grades")
    submissions(folder / "in")
    done = run_sh("labs", "grade-all", str(folder / "in"), "--labs", "12", "--csv", str(folder / "grades.csv"),
                  "-j", "2", timeout=240)
    assert done.returncode == 0, done.stderr
    return folder


def rows(folder: Path) -> dict[str, dict[str, str]]:
    with open(folder / "grades.csv", encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_each_student_has_a_row_and_a_broken_one_costs_only_its_own(course):
    points = {name: int(row["total"]) for name, row in rows(course).items()}
    assert points["good"] == 30
    assert 0 < points.pop("loop") < 30, "what does not hang still counts"
    points.pop("good")
    assert points == dict.fromkeys(["broken", "empty", "link", "none", "outside", "printing"], 0)


def test_the_reasons_are_in_the_logs(course):
    logs = course / "grades.csv.logs"
    for name, words in {"loop": "an endless loop", "broken": "it does not build", "none": "LAB 12: not implemented",
                        "outside": "no header of hv16", "empty": "no files for lab 12", "link": "no plain file"}.items():
        assert words in (logs / name / "12.txt").read_text("utf-8"), name


def test_stopped_and_started_again_it_does_not_grade_again(course):
    record = course / "grades.csv.logs/good/12.json"
    before = record.stat().st_mtime_ns
    done = run_sh("labs", "grade-all", str(course / "in"), "--labs", "12", "--csv", str(course / "grades.csv"))
    assert done.returncode == 0 and record.stat().st_mtime_ns == before
    assert rows(course)["good"]["total"] == "30"


@pytest.mark.parametrize("words, message", [
    (["handout", "12"], "where to"), (["handout", "99", "--out", "x"], 'no lab "99"'),
    (["grade-all", "nowhere", "--labs", "12", "--csv", "x"], "no such folder"),
    (["grades"], 'unknown action "grades", did you mean grade-all'), ([], "unknown action")])
def test_wrong_usage_is_named(words, message):
    done = run_sh("labs", *words)
    assert done.returncode == 2 and message in done.stderr
