"""`labs grade-all`: the labs of a whole course. One row for each student, one log for each student and
lab. What is graded is the lab's files; all else is this tree's.
"""

import csv
import hashlib
import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from hv16.labs import grade
from hv16.labs.lab import Lab
from hv16.paths import UserError, shown

FILE_MAX = 1 << 20  # bytes: the largest of ours has a few thousand
BAR = 30


class Broken(Exception):
    """A submission that cannot be graded; the words go into its row."""


def find_files(student: Path, lab: Lab) -> dict[str, Path]:
    """The lab's files, from a handout's work/NN, from NN, or in the places where the tree has them."""
    places = [student / "work" / lab.name, student / lab.name, student]
    for place in places:
        found = {name: place / name for name in lab.handed_in}
        if any(path.exists() or path.is_symlink() for path in found.values()):
            check(found, lab)
            return found
    raise Broken(f"no files for lab {lab.number}")


def check(found: dict[str, Path], lab: Lab) -> None:
    for name, path in found.items():
        if path.is_symlink() or not path.is_file():
            raise Broken(f"lab {lab.number}: {name} is missing, or no plain file")
        if path.stat().st_size > FILE_MAX:
            raise Broken(f"lab {lab.number}: {name} has more than {FILE_MAX} bytes")


def fingerprint(found: dict[str, Path], lab: Lab) -> str:
    """Of what is graded and of what it is graded by."""
    digest = hashlib.sha256()
    of_the_lab = sorted(path for path in lab.folder.rglob("*") if path.is_file())
    for path in [*(found[name] for name in sorted(found)), *of_the_lab]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def grade_one(student: Path, lab: Lab, logs: Path) -> dict:
    """The grade as JSON has it, from an earlier run if nothing has changed."""
    place = logs / student.name
    place.mkdir(parents=True, exist_ok=True)
    record = place / f"{lab.name}.json"
    try:
        files = find_files(student, lab)
    except Broken as broken:
        (place / f"{lab.name}.txt").write_text(f"{broken}\n", "utf-8")
        return {"got": 0, "points": 0, "note": str(broken)}
    mark = fingerprint(files, lab)
    if record.exists():
        data = json.loads(record.read_text("utf-8"))
        if data.get("fingerprint") == mark:
            return data
    out = place / f"{lab.name}.out"
    done = grade.grade(lab, files, out)
    (place / f"{lab.name}.txt").write_text(grade.report(done) + "\n", "utf-8")
    data = json.loads(done.as_json()) | {"fingerprint": mark,
                                         "note": f"lab {lab.number} does not build" if done.build else ""}
    record.write_text(json.dumps(data, indent=2) + "\n", "utf-8")
    shutil.rmtree(out, ignore_errors=True)
    return data


def safely(student: Path, lab: Lab, logs: Path) -> dict:
    """Whatever a submission does to the grader costs its own row only."""
    try:
        return grade_one(student, lab, logs)
    except Exception as error:  # noqa: BLE001, pylint: disable=broad-exception-caught
        return {"got": 0, "points": 0, "note": f"lab {lab.number}: {type(error).__name__}: {error}"}


def write_csv(path: Path, students: list[Path], labs: list[Lab], grades: dict) -> None:
    full = {lab.number: sum(test.points for test in grade.tests_of(lab)) for lab in labs}
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["student", *(f"lab {lab.name} (of {full[lab.number]})" for lab in labs), "total", "note"])
        for student in students:
            cells = [grades.get((student.name, lab.number)) for lab in labs]
            got = [cell["got"] if cell else "" for cell in cells]
            notes = "; ".join(cell["note"] for cell in cells if cell and cell.get("note"))
            rows.writerow([student.name, *got, sum(points for points in got if points != ""), notes])


class Progress:
    """A bar with the time that is left, on a terminal; a line for every tenth elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.began = total, 0, time.monotonic()

    def step(self) -> None:
        self.done += 1
        left = (time.monotonic() - self.began) / self.done * (self.total - self.done)
        words = f"{self.done}/{self.total}, {left // 60:.0f}:{left % 60:02.0f} left"
        if sys.stderr.isatty():
            filled = BAR * self.done // self.total
            print(f"\r[{'#' * filled}{'.' * (BAR - filled)}] {words}  ", end="", file=sys.stderr, flush=True)
            if self.done == self.total:
                print(file=sys.stderr)
        elif self.done * 10 // self.total != (self.done - 1) * 10 // self.total:
            print(f"graded {words}", file=sys.stderr, flush=True)


def grade_all(folder: Path, labs: list[Lab], table: Path, jobs: int) -> None:
    students = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not students:
        raise UserError(f"labs grade-all: {shown(folder)} has no folders: one for each student")
    logs = table.with_name(table.name + ".logs")
    grades: dict = {}
    progress = Progress(len(students) * len(labs))
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(safely, student, lab, logs): (student.name, lab.number)
                   for student in students for lab in labs}
        try:
            for future in as_completed(waiting):
                grades[waiting[future]] = future.result()
                write_csv(table, students, labs, grades)
                progress.step()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    print(f"{shown(table)}: {len(students)} students; {shown(logs)}/STUDENT/NN.txt has the reasons")
