"""Which Bochs is here, and what belongs to it: version, ROM images, processors, switches.

Releases and distributions differ in all of these, so each is looked up in what is there, and no
release's names are taken for granted.
"""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from hv16 import models
from hv16.machine import tool_version
from hv16.paths import UserError, near_name

# Debian's VGA BIOS is called without ".bin"; Bochs 3.0 itself would look for it with the ending.
BIOS_NAMES = ("BIOS-bochs-latest",)
VGA_BIOS_NAMES = ("VGABIOS-lgpl-latest", "VGABIOS-lgpl-latest.bin", "vgabios.bin")


class BochsMissing(UserError):
    """There is no Bochs that runs. Another emulator may do."""


def program() -> str:
    return os.environ.get("BOCHS") or "bochs"


@functools.cache
def version() -> str | None:
    """Such as "2.7"; None without a Bochs that runs."""
    return tool_version([program(), "--help"], r"Bochs x86 Emulator (\d[\w.]*)")


def at_least(major: int, minor: int) -> bool:
    numbers = re.findall(r"\d+", version() or "")
    return tuple(map(int, numbers[:2])) >= (major, minor)


def has_posted_interrupts() -> bool:
    """Bochs 2.8 is the first that processes them."""
    return at_least(2, 8)


def clears_init() -> bool:
    """Bochs 2.8 is also the first whose INIT exit clears the INIT."""
    return at_least(2, 8)


@functools.cache
def debugger_switch() -> list[str]:
    """Bochs 3.0 starts its debugger only when asked to; the switch is new there."""
    asked = tool_version([program(), "--help"], r"\s(-debugger)\s") is not None
    return ["-debugger"] if asked else []


@functools.cache
def cpu_models() -> list[str]:
    """The CPU models that this Bochs lists; those of our table if it lists none."""
    try:
        done = subprocess.run([program(), "--help", "cpu"], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20,
                              check=False)
    except (OSError, subprocess.TimeoutExpired):
        return list(models.FEATURES)
    return re.findall(r"^([a-z]\w+)$", done.stdout, re.MULTILINE) or list(models.FEATURES)


def rom_folders() -> list[Path]:
    """Where ROM images may lie: Bochs's own variable, an unpacked and built source, below the
    prefix where it was installed, Debian's folders."""
    found = shutil.which(program())
    beside = Path(found).resolve().parent if found else Path("/usr/bin")
    named = [Path(os.environ["BXSHARE"])] if os.environ.get("BXSHARE") else []
    return [*named, beside / "bios", beside / "bios/VGABIOS-lgpl", beside.parent / "share/bochs",
            Path("/usr/share/bochs"), Path("/usr/share/vgabios"), Path("/usr/local/share/bochs")]


def rom_image(what: str, names: tuple[str, ...], package: str) -> Path:
    folders = list(dict.fromkeys(rom_folders()))
    for folder in folders:
        for name in names:
            if (folder / name).is_file():
                return folder / name
    raise UserError(f"Bochs has no {what}: looked for {' and '.join(names)} in "
                    f"{' '.join(map(str, folders))}. Install Debian's package {package} "
                    "(./run.sh setup), or set BXSHARE= to the folder that has it")


def rom_images() -> tuple[Path, Path]:
    """The PC's BIOS and the VGA BIOS. UserError names what cannot be found, and where it was
    looked for."""
    return (rom_image("BIOS", BIOS_NAMES, "bochsbios"),
            rom_image("VGA BIOS", VGA_BIOS_NAMES, "vgabios"))


def check(cpu: str) -> None:
    """Refuses a missing Bochs or ROM image, and a CPU model that Bochs does not have."""
    if version() is None:
        raise BochsMissing(f"cannot run {program()}: install the packages bochs and bochs-term "
                           "(./run.sh setup), or set BOCHS= to yours")
    rom_images()
    if cpu not in cpu_models():
        raise UserError(f"--cpu {cpu}: Bochs {version()} has no such model"
                        f"{near_name(cpu, cpu_models())}; it has: " + " ".join(cpu_models()))
