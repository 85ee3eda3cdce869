"""A tree with the student's files in place of the reference's, built beside the reference."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from hv16.labs.handout import already_stubbed
from hv16.paths import ROOT, UserError

# What a build reads. All else, the tests above all, stays where it is.
PARTS = ("Makefile", "hv", "mbr", "stage2", "guest16", "tools")
BUILD_SECONDS = 120
OUTPUT_MAX = 64 << 10
FOREIGN = re.compile(r"^\s*(#|%|%:|\?\?=)\s*(include|embed)|incbin|\.include|_Pragma|__has_", re.I)
GOOD_INCLUDE = re.compile(r'^\s*([#%]include) ["<](\w+/)*\w+\.(h|inc)[">]\s*$')


class BuildError(Exception):
    """The student's files do not build; the compiler's words, with the student's paths."""


def copy_if_changed(source: Path, target: Path) -> None:
    """Times are kept, so that make knows what is new; a file that has changed is new."""
    if target.exists():
        if target.read_bytes() == source.read_bytes():
            return
        shutil.copyfile(source, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def reference_files() -> list[Path]:
    files = []
    for part in PARTS:
        path = ROOT / part
        files += [path] if path.is_file() else sorted(
            file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return files


def prepare(tree: Path, theirs: dict[str, Path]) -> None:
    """Brings `tree` up to date: the reference, but for the files in `theirs`."""
    wanted = {file.relative_to(ROOT).as_posix() for file in reference_files()}
    if not (tree / "build").exists() and (ROOT / "build").exists():
        shutil.copytree(ROOT / "build", tree / "build",  # objects of what is not changed
                        ignore=shutil.ignore_patterns("guests", "unit", "debian13*"))
    for file in list(tree.rglob("*")):
        name = file.relative_to(tree).as_posix()
        if file.is_file() and not name.startswith("build/") and name not in wanted:
            file.unlink()
    for name in sorted(wanted):
        if name not in theirs or not (tree / name).exists():
            copy_if_changed(ROOT / name, tree / name)
    for name, file in theirs.items():
        copy_if_changed(file, tree / name)


def check_includes(path: Path) -> None:
    """Headers of the tree, and nothing else: not the solution, wherever it may be."""
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        if FOREIGN.search(line) and not GOOD_INCLUDE.match(line):
            raise BuildError(f"{path}:{number}: includes something that is no header of hv16: {line.strip()}")


def build(tree: Path, theirs: dict[str, Path]) -> None:
    """make, with LAB_TODO known and warnings that are no errors in the student's files."""
    for name, path in theirs.items():
        check_includes(path)
    prepare(tree, theirs)
    stubs = sorted({*theirs, *already_stubbed()})
    command = ["make", "-C", str(tree), "--no-print-directory", "-j2", "all", "LAB=" + " ".join(stubs)]
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "HV16_BUILD", "PYTHONPATH")}
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=BUILD_SECONDS, env=environment,
                              check=False)
    except subprocess.TimeoutExpired:
        raise BuildError(f"the build did not end within {BUILD_SECONDS} s") from None
    if done.returncode:
        raise BuildError(said(done.stdout, theirs))


def said(output: bytes, theirs: dict[str, Path]) -> str:
    """Errors and warnings, with the paths of the files that the student has."""
    text = output[-OUTPUT_MAX:].decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if not re.match(r"  (cc|nasm|ld|img|host) |make", line)]
    text = "\n".join(lines)
    for name, path in theirs.items():
        shown = os.path.relpath(path, Path.cwd())
        text = re.sub(rf"(?<![\w/]){re.escape(name)}(?=:)", lambda _, s=shown: s, text)
    return text or "make failed and said nothing"


def need_files(work: Path, files: list[str], what: str) -> dict[str, Path]:
    missing = [name for name in files if not (work / name).is_file()]
    if missing:
        raise UserError(f"{what}: {', '.join(missing)} missing in {work}: is that all of it?")
    return {name: work / name for name in files}
