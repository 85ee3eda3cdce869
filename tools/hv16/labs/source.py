"""Regions of the source that are a lab's: what is between its two markers.

    /* LAB 9 BEGIN */              ; LAB 9 BEGIN
    ...                            ...
    /* LAB 9 END */                ; LAB 9 END

A starter has LAB_TODO in their place. Nothing else differs, and no copy of anything is kept.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from hv16.paths import UserError

MARKER = re.compile(r"^([ \t]*)(?:/\*|;) LAB (\d+) (BEGIN|END)(?: \*/)?$")
FOLDERS = ("mbr", "stage2", "hv", "guest16")
SUFFIXES = {".c": "LAB_TODO({0});", ".asm": "LAB_TODO {0}"}


@dataclass(frozen=True)
class Region:
    """Lines [first, last) of a file, counted from 0, without the markers."""

    lab: int
    file: str
    first: int
    last: int
    indent: str


def regions_of(text: str, file: str) -> list[Region]:
    """In their order. A marker without its partner is an error of who wrote it."""
    found: list[Region] = []
    begin: tuple[int, int, str] | None = None
    for number, line in enumerate(text.splitlines()):
        match = MARKER.match(line)
        if not match:
            if re.search(r"\bLAB \d+ (BEGIN|END)\b", line):
                raise UserError(f"{file}:{number + 1}: a LAB marker must stand alone on its line")
            continue
        indent, lab, kind = match.group(1), int(match.group(2)), match.group(3)
        if kind == "BEGIN" and begin is None:
            begin = lab, number + 1, indent
        elif kind == "END" and begin is not None and begin[0] == lab:
            found.append(Region(lab, file, begin[1], number, begin[2]))
            begin = None
        else:
            raise UserError(f"{file}:{number + 1}: LAB {lab} {kind} without its partner")
    if begin is not None:
        raise UserError(f"{file}: LAB {begin[0]} BEGIN without an END")
    return found


def marked_files(root: Path) -> dict[str, list[Region]]:
    """The files of a tree that have regions."""
    result = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            name = path.relative_to(root).as_posix()
            regions = regions_of(path.read_text("utf-8"), name)
            if regions:
                result[name] = regions
    return result


def stub_line(region: Region) -> str:
    return region.indent + SUFFIXES[Path(region.file).suffix].format(region.lab)


def stubbed(text: str, file: str, labs: set[int]) -> str:
    """The text with each region of these labs replaced by its stub."""
    lines = text.splitlines()
    for region in reversed(regions_of(text, file)):
        if region.lab in labs:
            lines[region.first:region.last] = [stub_line(region)]
    return "\n".join(lines) + "\n"


def region_texts(text: str, file: str, lab: int) -> list[str]:
    lines = text.splitlines()
    return ["\n".join(lines[region.first:region.last]) for region in regions_of(text, file)
            if region.lab == lab]


def outside(text: str, file: str, labs: set[int]) -> str:
    """The text without what is in the regions of these labs."""
    lines = text.splitlines()
    for region in reversed(regions_of(text, file)):
        if region.lab in labs:
            del lines[region.first:region.last]
    return "\n".join(lines)
