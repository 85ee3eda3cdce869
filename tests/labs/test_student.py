"""What a student types, in a tree of their own: from `start` to the last hint."""

import json
import os
import pty
import re
import subprocess

import pytest
import test_docs as docs
from machines import run_sh

from hv16.labs import grade, lab as labs
from hv16.labs.bench import Bench
from hv16.paths import ROOT

tree = docs.tree
FILE = "hv/model/lapic.c"


@pytest.fixture(scope="module")
def lab(tree):
    """`./run.sh lab ...` in that tree."""
    def run(*words: str):
        return run_sh("lab", *words, cwd=tree)
    return run


def test_the_way_of_a_lab(lab, tree):
    assert "there is no work/12 yet: ./run.sh lab 12 start" in lab("12", "grade").stderr
    assert lab("12", "start").returncode == 0
    again = lab("12", "start")
    assert again.returncode == 2 and "has files already" in again.stderr
    assert re.search(r"^12 .* started$", lab("list").stdout, re.MULTILINE)

    file = tree / "work/12" / FILE
    file.write_text((ROOT / FILE).read_text("utf-8"), "utf-8")
    done = lab("12", "grade", "--json", str(tree / "grade.json"))
    assert done.returncode == 0 and done.stdout.endswith("total 30 of 30 points\n")
    assert json.loads((tree / "grade.json").read_text())["got"] == 30
    assert re.search(r"^12 .* 30 of 30 points$", lab("list").stdout, re.MULTILINE)

    file.write_text(file.read_text("utf-8") + "int x = y;\n", "utf-8")
    broken = lab("12", "grade")
    assert broken.returncode == 1 and re.search(r"work/12/hv/model/lapic\.c:\d+:\d+: error: .*y.*undeclared",
                                                broken.stdout), broken.stdout


def test_hints_come_one_by_one(lab):
    first, second = lab("1", "hint").stdout, lab("1", "hint").stdout
    assert re.findall(r"^\d\.", first, re.MULTILINE) == ["1."]
    assert re.findall(r"^\d\.", second, re.MULTILINE) == ["1.", "2."]


def test_reset_asks_and_keeps_a_copy(lab, tree):
    lab("12", "start")
    file = tree / "work/12" / FILE
    file.write_text("mine\n", "utf-8")
    assert "asks first" in lab("12", "reset").stderr and file.read_text() == "mine\n"
    assert answer(tree, b"n\n") == 1 and file.read_text() == "mine\n"
    assert answer(tree, b"y\n") == 0 and "LAB_TODO(12);" in file.read_text()
    assert [copy for copy in (tree / "work").glob("12.*") if (copy / FILE).read_text() == "mine\n"]


def answer(tree, words: bytes) -> int:
    """`lab 12 reset` on a terminal, where these words are typed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([tree / "run.sh", "lab", "12", "reset"], stdin=theirs, cwd=tree,
                               stdout=subprocess.DEVNULL)
    os.write(ours, words)
    status = process.wait(60)
    os.close(ours)
    os.close(theirs)
    return status


@pytest.mark.parametrize("words, message", [
    (["12", "grede"], 'unknown action "grede", did you mean grade'), (["99"], 'no lab "99"; there are: 01'),
    (["12", "grade", "--jason", "x"], "--jason")])
def test_wrong_usage_is_named(lab, words, message):
    done = lab(*words)
    assert done.returncode == 2 and message in done.stderr


@pytest.mark.parametrize("number", [number for number, one in labs.all_labs().items() if one.debug])
def test_debug_stops_at_the_students_function(lab, tree, number):
    one = labs.all_labs()[number]
    lab(one.name, "start")
    done = lab(one.name, "debug")
    assert done.returncode == 0, done.stderr
    assert re.search(rf"\(({'|'.join(one.debug)})\+0\)", done.stdout), done.stdout[:500]


# --- Lab 1 -----------------------------------------------------------------------------------------


def solve(lab, folder, seed: int):
    """The answers of the student with this seed."""
    tests = grade.module_of(lab)
    work = folder / "work"
    work.mkdir()
    (work / "seed").write_text(f"{seed}\n")
    tests.starter(work)
    bench = Bench(lab, ROOT, folder / "stops", work)
    try:
        text = (work / "answers.txt").read_text()
        for number, question in enumerate(tests.choose(seed), 1):
            stop = bench.stop_at(question.stop, options=["apic=off"], mem_mb=tests.memory_of(seed))
            text = re.sub(rf"^({number}\..*:)$", lambda line, q=question, s=stop: f"{line[1]} {q.look(s):x}",
                          text, flags=re.MULTILINE)
    finally:
        bench.close()
    (work / "answers.txt").write_text(text)
    return {name: work / name for name in lab.answers}


@pytest.mark.parametrize("seed", [123456, 654321])
def test_right_answers_have_full_marks_and_those_of_another_do_not(tmp_path, seed):
    lab = labs.find("1")
    files = solve(lab, tmp_path, seed)
    assert grade.grade(lab, files, tmp_path / "out").got == 23
    files["seed"].write_text("222222\n")
    other = grade.grade(lab, files, tmp_path / "out")
    assert other.got < 15
    assert any("look at it again: ./run.sh debug" in result.why for result in other.results)
