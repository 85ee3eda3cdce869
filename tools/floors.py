"""floors.py: the folders of hv/ are floors, and no arrow runs up. `make check` runs it.

An arrow goes from a file to one that defines a symbol it uses (as the objects say) or that it
includes. Files of one floor may use each other.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# From the top. Each is a floor: folders of hv/, or files of hv/ itself.
FLOORS = [
    ("main.c", "entry.asm"),
    ("exits/",),
    ("init/",),
    ("guest/", "dma/"),
    ("apic/",),
    ("emulate/",),
    ("virt/", "vmx/", "svm/", "quirks.c", "quirks.h"),
    ("mem/",),
    ("host/",),
    ("console/",),
    ("cpu/",),
    ("vcpu.h", "machine.c", "machine.h", "boot.h"),
    ("model/",),
    ("lib/", "layout.h", "hypercall.h", "lab.h", "cpu/msr.h", "cpu/x86.h"),
]
# vcpu.h has the private state of each module, as that module's folder declares it.
STATE = re.compile(r"(?:quirks|(\w+)/\1)_state\.h")
SHARED = next(number for number, parts in enumerate(FLOORS) if "vcpu.h" in parts)
INCLUDE = re.compile(r'^#include "([\w/]+\.h)"', re.MULTILINE)
Arrows = dict[tuple[str, str], str]  # from file to file, and why


def floor_of(name: str) -> int | None:
    if STATE.fullmatch(name):
        return SHARED
    exact = [number for number, parts in enumerate(FLOORS) if name in parts]
    folder = [number for number, parts in enumerate(FLOORS)
              if any(part.endswith("/") and name.startswith(part) for part in parts)]
    return (exact + folder + [None])[0]


def symbols(root: Path) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Which source defines each global symbol, and which symbols each source uses."""
    defined: dict[str, str] = {}
    used: dict[str, set[str]] = defaultdict(set)
    objects = sorted((root / "build/hv").rglob("*.o"))
    output = subprocess.run(["nm", "-A", "-g", *objects], check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        path, rest = line.split(":", 1)
        source = Path(path).relative_to(root / "build/hv").as_posix().removesuffix(".o")
        name = source if source.endswith(".asm") else source + ".c"
        if not (root / "hv" / name).exists():
            continue  # an object of a source that is gone
        kind, symbol = rest.split()[-2:]
        if kind == "U":
            used[name].add(symbol)
        else:
            defined[symbol] = name
    return defined, used


def find_calls(root: Path) -> Arrows:
    """By which symbol."""
    defined, used = symbols(root)
    return {(name, defined[symbol]): symbol for name, names in used.items()
            for symbol in sorted(names & defined.keys()) if defined[symbol] != name}


def folder_of(name: str) -> str:
    """A file of hv/ itself belongs to the first folder of its floor: quirks.c to virt/."""
    floor = floor_of(name)
    return name.split("/")[0] if "/" in name or floor is None else FLOORS[floor][0].rstrip("/")


def circles(calls: Arrows):
    """Folders that use each other's symbols, by however many steps."""
    uses: dict[str, set[str]] = defaultdict(set)
    for start, end in calls:
        uses[folder_of(start)].add(folder_of(end))
    reached = {folder: set(others) for folder, others in uses.items()}
    for _ in range(len(reached)):
        for others in reached.values():
            others |= set().union(*(reached.get(other, set()) for other in others))
    for folder, others in sorted(reached.items()):
        circle = sorted(other for other in others if folder in reached.get(other, ()) and other != folder)
        if circle and folder < circle[0]:
            yield f"hv/: a circle of folders: {folder} {' '.join(circle)}"


def find_includes(root: Path) -> Arrows:
    found: Arrows = {}
    for path in sorted((root / "hv").rglob("*.[ch]")):
        name = path.relative_to(root / "hv").as_posix()
        for header in INCLUDE.findall(path.read_text("utf-8")):
            if (root / "hv" / header).exists():
                found[name, header] = f'#include "{header}"'
    return found


def problems(root: Path, calls: Arrows, arrows: Arrows):
    files = [path.relative_to(root / "hv").as_posix() for path in sorted((root / "hv").rglob("*"))
             if path.suffix in (".c", ".h", ".asm")]
    for name in files:
        if floor_of(name) is None:
            yield f"hv/{name}: is on no floor: name it in tools/floors.py"
    for (start, end), reason in arrows.items():
        a, b = floor_of(start), floor_of(end)
        if a is not None and b is not None and a > b:
            yield f"hv/{start}: an arrow up, to hv/{end}: {reason}"
    yield from circles(calls)


def drawing(arrows: Arrows) -> list[str]:
    """The floors from the top, each with the floors below that it uses."""
    uses: dict[int, set[int]] = defaultdict(set)
    for start, end in arrows:
        a, b = floor_of(start), floor_of(end)
        if a is not None and b is not None and a != b:
            uses[a].add(b)
    titles = [" ".join(parts[:3]) for parts in FLOORS]
    return [f"{len(FLOORS) - number:2}  {titles[number]:30} "
            + ("-> " + " ".join(FLOORS[other][0].rstrip("/") for other in sorted(uses[number]))
               if uses[number] else "") for number in range(len(FLOORS))]


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")
    calls = find_calls(root)
    arrows = find_includes(root) | calls
    found = list(problems(root, calls, arrows))
    print(*drawing(arrows), sep="\n")
    print(*found, sep="\n", end="\n" if found else "")
    print(f"floors: {len(FLOORS)}, problems: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
