"""One lab: its folder labs/NN-name/, and what lab.toml says of it."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from hv16.labs import source
from hv16.paths import ROOT, UserError

LABS = ROOT / "labs"
WORK = ROOT / "work"
FOLDER = re.compile(r"^(\d\d)-[\w-]+$")


@dataclass
class Lab:
    """`files` are those that a student changes; none where a lab has no code (01)."""

    number: int
    folder: Path
    title: str
    hours: float
    hints: list[str]
    open: str  # where to begin: "hv/apic/lapic.c: lapic_ppr()"
    run: list[str] = field(default_factory=list)  # options of ./run.sh for `lab N` itself
    debug: list[str] = field(default_factory=list)  # functions to stop at
    answers: list[str] = field(default_factory=list)  # of a lab without code: its files in work/NN
    files: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.number:02}"

    @property
    def handed_in(self) -> list[str]:
        """What is graded: files of the tree, or of work/NN."""
        return self.files or self.answers

    @property
    def work(self) -> Path:
        return WORK / self.name

    @property
    def not_implemented(self) -> str:
        return f"LAB {self.number}: not implemented"


def load(folder: Path, marked: dict[str, list[source.Region]]) -> Lab:
    number = int(folder.name[:2])
    try:
        data = tomllib.loads((folder / "lab.toml").read_text("utf-8"))
        lab = Lab(number, folder, **data)
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise UserError(f"labs/{folder.name}/lab.toml: {error}") from None
    lab.files = [file for file, regions in marked.items()
                 if any(region.lab == number for region in regions)]
    return lab


@cache
def all_labs() -> dict[int, Lab]:
    """Those that have a folder here, by number."""
    marked = source.marked_files(ROOT)
    folders = sorted(path for path in LABS.glob("*") if FOLDER.match(path.name) and path.is_dir())
    return {lab.number: lab for lab in (load(folder, marked) for folder in folders)}


def find(word: str) -> Lab:
    labs = all_labs()
    if not word.isdigit() or int(word) not in labs:
        raise UserError(f'lab: there is no lab "{word}"; there are: '
                        + " ".join(lab.name for lab in labs.values()))
    return labs[int(word)]


def find_several(words: str) -> list[Lab]:
    return [find(word.strip()) for word in words.split(",")]
