"""A disk that we did not make: GRUB, from Debian's package, is the guest.

It loads itself from the disk, goes to protected mode, calls the BIOS from there through real mode
thousands of times, asks for the memory map in its own way, and uses all memory that it is told of.
"""

import re
import subprocess
from pathlib import Path

import pytest
from hv16 import image
from machines import GUEST_SECTORS, boot

GRUB = Path("/usr/lib/grub/i386-pc")
MODULES = "biosdisk part_msdos serial terminal echo lsmmap ls minicmd"
SCRIPT = """\
serial --unit=0 --speed=115200
terminal_output serial console
echo "GRUB is here"
lsmmap
ls
echo "GRUB is done"
"""


def grub_disk(folder: Path) -> Path:
    """boot.img, GRUB's boot sector, looks for the rest of GRUB in the sectors after itself."""
    script, core, disk = folder / "grub.cfg", folder / "core.img", folder / "grub.img"
    script.write_text(SCRIPT, "ascii")
    subprocess.run(["grub-mkimage", "-O", "i386-pc", "-c", str(script), "-p", "(hd0)",
                    "-o", str(core), *MODULES.split()], check=True)
    data = (GRUB / "boot.img").read_bytes() + core.read_bytes()
    disk.write_bytes(data.ljust(GUEST_SECTORS * image.SECTOR, b"\0"))
    return disk


def memory_map(serial: str) -> list[tuple[int, int, str]]:
    lines = re.findall(r"base_addr = (0x\w+), length = (0x\w+), (.*)", serial)
    return [(int(base, 16), int(length, 16), kind) for base, length, kind in lines]


@pytest.fixture(scope="module")
def grub(folder):
    """GRUB under hv16 and natively, up to the end of its script."""
    disk, done = grub_disk(folder), re.compile("^GRUB is done", re.MULTILINE)
    ours, native = (boot(folder / name, guests=[disk], until=done, native=name == "native")
                    for name in ("hv16", "native"))
    for run in (ours, native):
        assert (run.report.ended, run.status) == ("until", 0), run.explain()
    return ours, native


def test_grub_boots_from_its_disk_and_finds_its_drives(grub):
    assert "GRUB is here" in grub[0].serial
    assert re.search(r"^\(hd0\) \(fd0\)", grub[0].serial, re.MULTILINE)


def test_grub_sees_the_hidden_block_as_reserved_and_all_other_memory(grub):
    ours, native = (memory_map(run.serial) for run in grub)
    base, length = 0x1C00000, 0x200000
    assert f"hidden: {base:#x}-{base + length - 1:#x}" in grub[0].log
    assert (base, length, "reserved RAM") in ours
    usable = [[(first, first + size) for first, size, kind in entries
               if kind == "available RAM" and first >= 1 << 20] for entries in (ours, native)]
    [(first, behind)] = usable[1]
    assert usable[0] == [(first, base), (base + length, behind)]


def test_grub_never_touches_hidden_memory(grub):
    """Its heap is all memory that the map calls usable, so a wrong map would show here."""
    assert set(grub[0].report.exits) <= {"CPUID", "I/O instruction", "CR access", "HLT",
                                         "external interrupt", "interrupt window"}
    assert "hidden memory" not in grub[0].log
