"""Symbol files for the Bochs debugger (`ldsym`): one line each, hexadecimal address and name.

Made from nasm's map files ([map symbols FILE] in a source) and from nm's list of an ELF file.
"""

import argparse
import re
import subprocess
from pathlib import Path

from hv16.paths import BUILD, EXIT_OK, UserError, shown

NASM_LABEL = re.compile(r"^\s*[0-9A-F]+\s+([0-9A-F]+)\s+(\S+)\s*$")  # real, virtual, name
NM_SYMBOL = re.compile(r"^([0-9a-f]+) [A-Za-z] (\S+)$")


def from_map(text: str) -> list[tuple[int, str]]:
    """Labels of a nasm map: of the sections' symbol tables only, not plain constants."""
    found, in_labels = [], False
    for line in text.splitlines():
        if line.startswith("Real"):
            in_labels = True
        elif not line.strip() or line.startswith("-"):
            in_labels = in_labels and not line.startswith("-")
        elif in_labels and (match := NASM_LABEL.match(line)):
            found.append((int(match.group(1), 16), match.group(2)))
    return found


def from_elf(path: Path) -> list[tuple[int, str]]:
    try:
        listing = subprocess.run(["nm", str(path)], text=True, check=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"{shown(path)}: nm cannot read it ({error})") from None
    matches = (NM_SYMBOL.match(line) for line in listing.splitlines())
    return [(int(match.group(1), 16), match.group(2)) for match in matches if match]


def read_source(path: Path) -> list[tuple[int, str]]:
    try:
        start = path.read_bytes()[:4]
    except OSError as error:
        raise UserError(f"{shown(path)}: {error.strerror}") from None
    return from_elf(path) if start == b"\x7fELF" else from_map(path.read_text("utf-8"))


def load(path: Path) -> dict[str, int]:
    """A symbol file, by name. Empty when there is none."""
    if not path.exists():
        return {}
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {name: int(address, 16) for address, name in lines}


def nearest(path: Path, address: int) -> str | None:
    """"exit_cpuid+0x5": the symbol at or before an address. None when there is none."""
    before = [(at, name) for name, at in load(path).items() if at <= address]
    return f"{max(before)[1]}+{address - max(before)[0]:#x}" if before else None


def write(source: Path, target: Path) -> None:
    """Writes one symbol file, and leaves it alone when nothing changed."""
    text = "".join(f"{address:x} {name}\n" for address, name in sorted(set(read_source(source))))
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def symbols_command(args: argparse.Namespace) -> int:
    if args.source:
        write(Path(args.source), Path(args.out or Path(args.source).with_suffix(".sym")))
        return EXIT_OK
    for source in [*sorted(BUILD.glob("*.map")), *BUILD.glob("*.elf")]:
        write(source, source.with_suffix(".sym"))
    return EXIT_OK


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", nargs="?", metavar="MAP-OR-ELF",
                        help="default: all that are in build/")
    parser.add_argument("--out", metavar="SYM", help="default: the same name with .sym")
    parser.set_defaults(action=symbols_command)
