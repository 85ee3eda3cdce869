"""`lab N grade`: the lab's tests on the student's build, with points and the reason for each miss."""

import importlib.util
import json
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType

from hv16.labs import tree
from hv16.labs.bench import Bench, Miss, Test
from hv16.labs.lab import Lab
from hv16.machine import MachineError
from hv16.paths import ROOT, UserError

OUT = ROOT / "out" / "lab"
RESULT = "grade.json"


@dataclass
class Result:
    test: str
    about: str
    points: int
    got: int
    why: str = ""


@dataclass
class Grade:
    lab: int
    title: str
    results: list[Result] = field(default_factory=list)
    build: str = ""  # what the compiler said, if it did not build

    @property
    def points(self) -> int:
        return sum(result.points for result in self.results)

    @property
    def got(self) -> int:
        return sum(result.got for result in self.results)

    def as_json(self) -> str:
        return json.dumps(asdict(self) | {"points": self.points, "got": self.got}, indent=2) + "\n"


def module_of(lab: Lab) -> ModuleType:
    """The lab's tests.py."""
    path = lab.folder / "tests.py"
    spec = importlib.util.spec_from_file_location(f"lab{lab.name}_tests", path)
    if spec is None or not path.exists():
        raise UserError(f"{path} is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tests_of(lab: Lab) -> list[Test]:
    """The functions that @test marks, in their order."""
    module = module_of(lab)
    return [value.lab_test for value in vars(module).values() if hasattr(value, "lab_test")]


def run_test(test: Test, bench: Bench) -> Result:
    result = Result(test.name, test.about, test.points, test.points)
    try:
        test.function(bench)
    except Miss as miss:
        result.got, result.why = 0, str(miss)
    except (OSError, subprocess.SubprocessError, MachineError, KeyError, IndexError) as error:
        result.got = 0
        result.why = f"the test could not be carried out: {type(error).__name__}: {error}"
    return result


def grade(lab: Lab, theirs: dict[str, Path], out: Path, only: str = "") -> Grade:
    """`theirs`: the student's files, by their names in the tree. What is built is kept in `out`.
    `only`: the name of one test, instead of all."""
    done = Grade(lab.number, lab.title)
    tests = [test for test in tests_of(lab) if only in ("", test.name)]
    shutil.rmtree(out / "tests", ignore_errors=True)
    (out / "tests").mkdir(parents=True)
    try:
        if lab.files:
            tree.build(out / "tree", theirs)
    except tree.BuildError as error:
        done.build = str(error)
        done.results = [Result(test.name, test.about, test.points, 0, "it does not build")
                        for test in tests]
        return done
    work = next(iter(theirs.values())).parent if lab.answers else out
    bench = Bench(lab, out / "tree" if lab.files else ROOT, out / "tests", work)
    try:
        done.results = [run_test(test, bench) for test in tests]
    finally:
        bench.close()
    return done


def report(done: Grade) -> str:
    lines = [f"LAB {done.lab}: {done.title}"]
    if done.build:
        lines += ["  it does not build:", *("  " + line for line in done.build.splitlines())]
    told: set[str] = set()
    for result in done.results:
        word = "ok" if result.got == result.points else "miss"
        lines.append(f"  {word:4}  {result.got}/{result.points}  {result.about}")
        if result.why and not done.build:
            why = "as above" if result.why in told else result.why
            told.add(result.why)
            lines += ["             " + line for line in why.splitlines()]
    lines.append(f"total {done.got} of {done.points} points")
    return "\n".join(lines)
