"""`labs handout`: a tree that a student can be given, which builds and grades and has no solution."""

import shutil
import subprocess
from pathlib import Path

from hv16.labs.lab import Lab, starter_text
from hv16.paths import ROOT, UserError, shown

# Not for students: tests and wrong solutions say what the solution is.
LEFT_OUT = (".ci/", "tests/", "docs/instructors.md", "work/")
KEPT_ALL_THE_SAME = ("tests/machine/guests/lib.inc", "tests/machine/guests/lib_end.inc",
                     "tests/machine/guests/apic.inc", "tests/machine/guests/pm.inc")
MADE = {".git", "build", "out", "work", "__pycache__", ".pytest_cache"}
STUBBED = "labs/handout"  # in a handout: the files whose solutions are not there


def tracked() -> list[str]:
    """The files of this tree, as git knows them, with what is new and not ignored. Without git: all
    that nothing has made."""
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    names = set(done.stdout.splitlines()) if done.returncode == 0 else {
        path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")
        if not MADE.intersection(path.relative_to(ROOT).parts)}
    return sorted(name for name in names if (ROOT / name).is_file())


def belongs(name: str, labs: list[Lab]) -> bool:
    if name in KEPT_ALL_THE_SAME:
        return True
    if name.startswith(LEFT_OUT) or name.endswith("/wrong.toml"):
        return False
    folders = {lab.folder.name for lab in labs} | {"common"}
    return not name.startswith("labs/") or name.split("/")[1] in folders


def already_stubbed() -> list[str]:
    """In a handout: the files that have stubs in the tree itself."""
    path = ROOT / STUBBED
    return path.read_text("utf-8").split() if path.exists() else []


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=hv16", "-c", "user.email=hv16@localhost",
                    "-c", "commit.gpgsign=false", *words], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def write(labs: list[Lab], out: Path) -> list[str]:
    """Returns the names of the files in the handout."""
    changed = {name for lab in labs for name in lab.files}
    names = [name for name in tracked() if belongs(name, labs)]
    for name in names:
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
        if name in changed:
            target.write_text(starter_text(labs, name), "utf-8")
    (out / STUBBED).write_text("".join(f"{name}\n" for name in sorted(changed)), "utf-8")
    git(out, "init", "-q", "-b", "main")
    git(out, "add", "-A")
    git(out, "commit", "-q", "-m", "hv16, labs " + ", ".join(lab.name for lab in labs))
    return [*names, STUBBED]


def handout(labs: list[Lab], out: Path) -> None:
    if already_stubbed():
        raise UserError("labs handout: this tree is a handout itself, without the solutions")
    if out.exists() and any(out.iterdir()):
        raise UserError(f"labs handout: {shown(out)} is not empty")
    names = write(labs, out)
    print(f"{shown(out)}: {len(names)} files, one commit. Labs:")
    for lab in labs:
        print(f"  {lab.name}  {lab.title}")
