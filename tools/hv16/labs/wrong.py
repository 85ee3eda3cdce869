"""Wrong solutions: the reference with one change inside what a lab writes. labs/NN-name/wrong.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hv16.labs import source
from hv16.labs.lab import Lab
from hv16.paths import ROOT, UserError


@dataclass
class Wrong:
    """`old`, which is there once in the bodies of `file` that the lab writes, becomes `new`. The test `fails` then
    loses its points, with a message in which `says` is found."""

    name: str
    about: str
    file: str
    old: str
    new: str
    fails: str
    says: str


def load(lab: Lab) -> list[Wrong]:
    path = lab.folder / "wrong.toml"
    try:
        return [Wrong(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["wrong"]]
    except (OSError, tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise UserError(f"labs/{lab.folder.name}/wrong.toml: {error}") from None


def changed(lab: Lab, wrong: Wrong) -> str:
    """The reference's file with the change."""
    text = (ROOT / wrong.file).read_text("utf-8")
    inside = source.body_texts(text, lab.places_in(wrong.file))
    if sum(part.count(wrong.old) for part in inside) != 1 or text.count(wrong.old) != 1:
        raise UserError(f"labs/{lab.folder.name}/wrong.toml: {wrong.name}: `old` is not there once, "
                        f"inside what LAB {lab.number} writes in {wrong.file}")
    return text.replace(wrong.old, wrong.new)


def write(lab: Lab, wrong: Wrong, work: Path) -> dict[str, Path]:
    """Puts the student's files of this wrong solution into `work`."""
    for name in lab.files:
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = changed(lab, wrong) if name == wrong.file else (ROOT / name).read_text("utf-8")
        target.write_text(text, encoding="utf-8")
    return {name: work / name for name in lab.files}
