"""One lab: its folder labs/NN-name/, and what lab.toml says of it."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from hv16.labs import source
from hv16.labs.source import Place
from hv16.paths import ROOT, UserError

LABS = ROOT / "labs"
WORK = ROOT / "work"
FOLDER = re.compile(r"^(\d\d)-[\w-]+$")


@dataclass
class Lab:
    """`places` are what a student writes; none where a lab has no code (01)."""

    number: int
    folder: Path
    title: str
    hours: float
    hints: list[str]
    places: list[Place] = field(default_factory=list)  # `write` in lab.toml; the first one to begin with
    run: list[str] = field(default_factory=list)  # options of ./run.sh for `lab N` itself
    debug: list[str] = field(default_factory=list)  # functions to stop at
    answers: list[str] = field(default_factory=list)  # of a lab without code: its files in work/NN

    @property
    def files(self) -> list[str]:
        """The files that a student changes."""
        return sorted({place.file for place in self.places})

    @property
    def open(self) -> str:
        """Where to begin."""
        return str(self.places[0]) if self.places else self.answers[0]

    def places_in(self, file: str) -> list[Place]:
        return [place for place in self.places if place.file == file]

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


def load(folder: Path) -> Lab:
    number = int(folder.name[:2])
    try:
        data = tomllib.loads((folder / "lab.toml").read_text("utf-8"))
        places = [Place.parse(text) for text in data.pop("write", [])]
        lab = Lab(number, folder, **data, places=places)
        for file in lab.files:
            source.body_texts((ROOT / file).read_text("utf-8"), lab.places_in(file))
    except (OSError, tomllib.TOMLDecodeError, TypeError, UserError) as error:
        raise UserError(f"labs/{folder.name}/lab.toml: {error}") from None
    return lab


@cache
def all_labs() -> dict[int, Lab]:
    """Those that have a folder here, by number."""
    folders = sorted(path for path in LABS.glob("*") if FOLDER.match(path.name) and path.is_dir())
    return {lab.number: lab for lab in map(load, folders)}


def starter_text(labs: list[Lab], file: str) -> str:
    """The reference's file with the bodies that these labs write replaced by their stubs."""
    places = {place: lab.number for lab in labs for place in lab.places_in(file)}
    return source.stubbed((ROOT / file).read_text("utf-8"), places)


def find(word: str) -> Lab:
    labs = all_labs()
    if not word.isdigit() or int(word) not in labs:
        raise UserError(f'lab: there is no lab "{word}"; there are: '
                        + " ".join(lab.name for lab in labs.values()))
    return labs[int(word)]


def find_several(words: str) -> list[Lab]:
    return [find(word.strip()) for word in words.split(",")]
