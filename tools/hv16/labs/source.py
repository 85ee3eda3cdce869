"""What of the source is a lab's: the bodies of the functions and routines that its lab.toml names.

    write = ["hv/model/lapic.c: lapic_ppr", "mbr/mbr.asm: mbr_main"]

The source itself carries no mark. A starter has LAB_TODO in place of each body; nothing else differs,
and no copy of anything is kept. Where a body begins and ends is the layout's business, which
clang-format and the house's style fix: a C function's braces stand alone in the first column; an
assembly routine goes from its label to the next line in the first column that is no local label.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from hv16.paths import UserError

STUBS = {".c": "    LAB_TODO({0});", ".asm": "    LAB_TODO {0}"}


@dataclass(frozen=True)
class Place:
    """One body that a student writes: of this function, or after this label."""

    file: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Place":
        match = re.fullmatch(r"([\w/.-]+\.(?:c|asm)): (\w+)", text)
        if not match:
            raise UserError(f'"{text}" is not "FILE.c: FUNCTION" or "FILE.asm: LABEL"')
        return cls(*match.groups())

    def __str__(self) -> str:
        return f"{self.file}: {self.name}" + ("()" if self.file.endswith(".c") else "")


def c_bodies(lines: list[str], name: str) -> list[tuple[int, int]]:
    """The lines between the braces of each definition of the function: [first, last)."""
    found = []
    for number, line in enumerate(lines):
        if not re.match(rf"[A-Za-z_].*\b{name}\(", line):
            continue
        brace = number
        while brace < len(lines) and lines[brace] != "{" and not lines[brace].endswith(";"):
            brace += 1
        if brace < len(lines) and lines[brace] == "{" and "}" in lines[brace:]:
            found.append((brace + 1, lines.index("}", brace)))
    return found


def asm_bodies(lines: list[str], label: str) -> list[tuple[int, int]]:
    found = []
    for number, line in enumerate(lines):
        if not re.match(rf"{label}:", line):
            continue
        last = number + 1
        while last < len(lines) and not re.match(r"[^\s.]", lines[last]):
            last += 1
        while not lines[last - 1].strip():
            last -= 1
        found.append((number + 1, last))
    return found


def body(lines: list[str], place: Place) -> tuple[int, int]:
    """Where the body is: [first, last), counted from 0."""
    is_c = place.file.endswith(".c")
    found = (c_bodies if is_c else asm_bodies)(lines, place.name)
    if len(found) != 1:
        kind = "function" if is_c else "label"
        raise UserError(f"{place.file}: the {kind} {place.name} is there {len(found)} times, where a "
                        "lab needs it once, laid out as the others")
    return found[0]


def stubbed(text: str, places: dict[Place, int]) -> str:
    """The text of a file with the body of each of these places of it replaced by the stub of its
    lab."""
    lines = text.splitlines()
    bodies = sorted(((body(lines, place), place, number) for place, number in places.items()),
                    key=lambda entry: entry[0], reverse=True)
    for (first, last), place, number in bodies:
        lines[first:last] = [STUBS[Path(place.file).suffix].format(number)]
    return "\n".join(lines) + "\n"


def body_texts(text: str, places: list[Place]) -> list[str]:
    lines = text.splitlines()
    return ["\n".join(lines[slice(*body(lines, place))]) for place in places]


def outside(text: str, places: list[Place]) -> str:
    """The text without these bodies."""
    lines = text.splitlines()
    for first, last in sorted((body(lines, place) for place in places), reverse=True):
        del lines[first:last]
    return "\n".join(lines)
