"""Each lab: its starter fails with its own message, the reference has full marks, and each wrong
solution loses points on the test meant for it, with a message that names the mistake.
"""

import itertools
import re
import time

import pytest

from hv16.labs import grade, lab as labs, source, tree, wrong
from hv16.paths import ROOT

LABS = labs.all_labs()
WITH_CODE = [number for number, lab in LABS.items() if lab.files]
WRONG = [(number, case) for number in WITH_CODE for case in wrong.load(LABS[number])]
GRADE_SECONDS = 20


def starter_files(numbers: set[int], work) -> dict:
    """What students who have started these labs have."""
    files = {}
    for number in numbers:
        for name in LABS[number].files:
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(labs.starter_text([LABS[number] for number in numbers], name))
            files[name] = target
    return files


@pytest.mark.parametrize("number", WITH_CODE)
def test_a_starter_fails_with_exactly_its_own_message_which_names_the_line(tmp_path, number):
    files = starter_files({number}, tmp_path / "work")
    done = grade.grade(LABS[number], files, tmp_path / "out")
    assert done.build == ""
    for result in done.results:
        assert result.got == 0, result
        message = re.fullmatch(rf"LAB {number}: not implemented \(([\w/.]+):(\d+)\)", result.why)
        assert message, result
        assert "LAB_TODO" in files[message[1]].read_text("utf-8").splitlines()[int(message[2]) - 1]


@pytest.mark.parametrize("number", WITH_CODE)
def test_a_starter_differs_from_the_reference_only_in_what_its_lab_writes(tmp_path, number):
    for name, path in starter_files({number}, tmp_path).items():
        ours, places = (ROOT / name).read_text("utf-8"), LABS[number].places_in(name)
        assert source.outside(path.read_text("utf-8"), places) == source.outside(ours, places)


@pytest.mark.parametrize("number", WITH_CODE)
def test_the_reference_has_full_marks_in_time(tmp_path, number):
    lab = LABS[number]
    began = time.monotonic()
    done = grade.grade(lab, {name: ROOT / name for name in lab.files}, tmp_path / "out")
    assert [result for result in done.results if result.why] == [] and done.got == done.points
    assert done.points >= 10 and len(done.results) >= 4
    assert time.monotonic() - began < 2 * GRADE_SECONDS, "two run beside each other here"


@pytest.mark.parametrize("number, case", WRONG, ids=lambda value: getattr(value, "name", value))
def test_a_wrong_solution_fails_the_test_meant_for_it(tmp_path, number, case):
    lab = LABS[number]
    done = grade.grade(lab, wrong.write(lab, case, tmp_path / "work"), tmp_path / "out", case.fails)
    assert done.build == ""
    [result] = done.results
    assert result.got < result.points, grade.report(done)
    assert re.search(case.says, result.why), grade.report(done)


@pytest.mark.parametrize("number", WITH_CODE)
def test_there_are_three_wrong_solutions_at_least(number):
    assert len([case for other, case in WRONG if other == number]) >= 3


@pytest.mark.parametrize("pair", itertools.combinations(WITH_CODE, 2), ids=str)
def test_any_two_labs_started_together_build(tmp_path, pair):
    tree.build(tmp_path / "tree", starter_files(set(pair), tmp_path / "work"))


SECTIONS = ["Goal", "Background", "What to write", "How to see it", "What passing looks like", "Questions"]


@pytest.mark.parametrize("number", LABS)
def test_a_handout_has_its_parts_and_length(number):
    text = (LABS[number].folder / "README.md").read_text("utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert 600 <= len(text.split()) <= 1200
    assert len(re.findall(r"^\d\. ", text.split("## Questions")[1], re.MULTILINE)) == 3
    assert re.search(rf"^# Lab {number}: {re.escape(LABS[number].title)}$", text, re.MULTILINE)
    assert len(LABS[number].hints) >= 3
