"""LAB 2: what the MBR hands to stage2, what it refuses, and hv16 booted by it.

Most of these boots have another stage2 on the disk, stage2.asm, which reports what it was given.
"""

import random
import re
import struct
from pathlib import Path

from hv16 import image
from hv16.labs.bench import Bench, Boot, Miss, test

SECTOR = image.SECTOR
STAGE2_MAGIC, STAGE2_ADDR = 0x32475453, 0x8000
SECTORS_MAX = 64
MBR_LBA = 200  # where bios.asm finds the MBR
NO_IMAGE = "hv16: no hv16 image after this MBR: write all of it"
READ_ERROR = "hv16: cannot read the boot drive: BIOS error {:02X}h"
FLOPPY, DISK, SECOND_DISK = 0, 0x80, 0x81
BOOTING = 'docs/boot.md, "Step 1: the MBR"'


# --- Disks ---------------------------------------------------------------------------------------


def stage2_sectors(bench: Bench, magic: int, count: int) -> list[bytes]:
    """All the same code, so that it reports wherever it was loaded. The rest of each is its own."""
    shown = min(count + 1, SECTORS_MAX)
    file = bench.assemble("stage2.asm", (f"MAGIC={magic:#x}", f"SHOWN={shown}"))
    code = file.read_bytes()[:SECTOR].rstrip(b"\0")
    filler = random.Random(count)
    return [code + filler.randbytes(SECTOR - len(code)) for _ in range(SECTORS_MAX + 1)]


def make_disk(bench: Bench, name: str, count: int = 5, magic: int = STAGE2_MAGIC,
              header: bytes = image.IMAGE_MAGIC, bios: tuple[str, ...] = ()) -> Path:
    """The student's image with stage2.asm in place of stage2 and `count` in the header. With `bios`,
    defines, bios.asm comes before the MBR."""
    disk = bytearray((bench.tree / "build/hv16.img").read_bytes())
    if bios:
        disk[MBR_LBA * SECTOR:(MBR_LBA + 1) * SECTOR] = disk[:SECTOR]
        played = bench.assemble("bios.asm", (f"MBR_LBA={MBR_LBA}", *bios)).read_bytes()
        disk[:image.MBR_CODE_MAX] = played[:image.MBR_CODE_MAX]
    sectors = b"".join(stage2_sectors(bench, magic, count))
    disk[image.LBA_STAGE2 * SECTOR:image.LBA_STAGE2 * SECTOR + len(sectors)] = sectors
    struct.pack_into("<8sH", disk, image.LBA_HEADER * SECTOR, header, count)
    path = bench.out / f"{name}.img"
    path.write_bytes(disk)
    return path


# --- Boots ---------------------------------------------------------------------------------------


def boot(bench: Bench, what: str, where: str, path: Path, **request) -> Boot:
    """Until stage2.asm is done, or to a refusal. Whatever else happens is told with what was done."""
    done = re.compile(f"{bench.nonce}done=")
    try:
        return bench.boot(image=path, until=done, also=("refused",), **request)
    except Miss as miss:
        if str(miss).startswith(bench.lab.not_implemented):
            raise
        raise Miss(f"{what}: {miss}\nlook at {where}") from None


def handed(bench: Bench, what: str, where: str, path: Path, **request) -> dict[str, int]:
    """What stage2 reports."""
    seen = boot(bench, what, where, path, **request)
    if seen.report.ended == "refused":
        raise Miss(f'{what}: saw "{seen.report.message}", expected stage2 to run\nlook at {where}')
    return seen.values


def refused(bench: Bench, what: str, message: str, where: str, path: Path) -> None:
    seen = boot(bench, what, where, path)
    if seen.report.ended != "refused":
        raise Miss(f'{what}: saw stage2 running, expected "{message}"\nlook at {where}')
    bench.expect(seen.report.message, message, what, where)


def whole(bench: Bench) -> dict[str, int]:
    """From the hard disk, with the longest stage2 that there may be."""
    return handed(bench, f"stage2 of {SECTORS_MAX} sectors, from the hard disk", SIZE,
                  make_disk(bench, "whole", SECTORS_MAX))


def short(bench: Bench) -> dict[str, int]:
    """From a floppy, with the shortest."""
    return handed(bench, "stage2 of 1 sector, from a floppy", SIZE, make_disk(bench, "short", 1),
                  from_floppy=True)


# --- What stage2 is handed --------------------------------------------------------------------------

DRIVE = f"DL, from mbr_start to the jump: what writes to DL or DX on the way? {BOOTING}"
LOADED = f"EAX, the LBA, and BX, the address: both move on with each sector; {BOOTING}"
SIZE = "the number of sectors, 1 to 64: all below HV_LOAD_ADDR, and unsigned; hv/layout.h, hv/boot.h"


def check_sector(bench: Bench, values: dict[str, int], number: int, sums: list[int]) -> None:
    seen = values.get(f"sector{number:08x}")
    where = f"at 0000:{STAGE2_ADDR + number * SECTOR:04X}, the place of stage2's sector {number}"
    if seen in sums and seen != sums[number]:
        raise Miss(f"{where}: saw stage2's sector {sums.index(seen)}, expected sector {number}\n"
                   f"look at {LOADED}")
    bench.expect(seen, sums[number], f"the sum of the bytes {where}", LOADED)


def sums_of(path: Path) -> list[int]:
    """As stage2.asm sums a sector: rotate and add."""
    disk = path.read_bytes()[image.LBA_STAGE2 * SECTOR:]
    sums = []
    for number in range(SECTORS_MAX + 1):
        total = 0
        for (word,) in struct.iter_unpack("<I", disk[number * SECTOR:(number + 1) * SECTOR]):
            total = ((total << 1 | total >> 31) + word) & 0xFFFFFFFF
        sums.append(total)
    return sums


@test(4, "all sectors of stage2 are in memory, each in its place")
def every_sector(bench: Bench) -> None:
    values = whole(bench)
    sums = sums_of(bench.out / "whole.img")
    for number in range(SECTORS_MAX):
        check_sector(bench, values, number, sums)


@test(2, "and no more than the header says")
def no_sector_more(bench: Bench) -> None:
    values = short(bench)
    sums = sums_of(bench.out / "short.img")
    check_sector(bench, values, 0, sums)
    if values.get("sector00000001") == sums[1]:
        raise Miss("stage2 of 1 sector: saw the disk's next sector in memory, too, expected 1 sector\n"
                   f"look at {SIZE}")


@test(4, "stage2 finds the drive in DL, whichever it is")
def drive(bench: Bench) -> None:
    bench.expect(whole(bench).get("drive"), DISK, "DL in stage2, from the hard disk", DRIVE)
    what = "a machine whose BIOS starts the MBR from drive 81h"
    path = make_disk(bench, "second", bios=(f"DRIVE={SECOND_DISK:#x}",))
    bench.expect(handed(bench, what, DRIVE, path).get("drive"), SECOND_DISK, f"DL in stage2, on {what}",
                 DRIVE)
    bench.expect(short(bench).get("drive"), FLOPPY, "DL in stage2, from a floppy", DRIVE)


@test(2, "segments are 0 there, and the stack is empty")
def segments(bench: Bench) -> None:
    values = whole(bench)
    seen = {name: values.get(name) for name in ("ds", "es", "ss", "sp")}
    bench.expect(seen, {"ds": 0, "es": 0, "ss": 0, "sp": 0x7C00}, "DS, ES, SS and SP in stage2",
                 "what mbr_start has set; and the jump goes past the magic, to STAGE2_ENTRY_OFFSET")


# --- What the MBR refuses ----------------------------------------------------------------------------


@test(3, "a header whose magic is not ours is refused, both halves of it")
def header_magic(bench: Bench) -> None:
    where = f"the magic of the header, eight bytes: HEADER_MAGIC_LOW and HEADER_MAGIC_HIGH; {BOOTING}"
    for half, magic in ("first", b"hv16IMG1"), ("second", b"HV16IMG2"):
        path = make_disk(bench, f"{half}-half", header=magic)
        refused(bench, f"a header with the magic {magic.decode()}", NO_IMAGE, where, path)


@test(3, "a stage2 that does not begin with its magic is not run")
def stage2_magic(bench: Bench) -> None:
    path = make_disk(bench, "stage2-magic", magic=STAGE2_MAGIC ^ 1 << 24)
    refused(bench, "a stage2 with the magic STG3", NO_IMAGE,
            f"the magic of stage2, once it is all read: STAGE2_MAGIC in hv/boot.h; {BOOTING}", path)


@test(4, "so are 0 sectors, and more than fit")
def sector_count(bench: Bench) -> None:
    for count in 0, SECTORS_MAX + 1, 0xFFFF:
        path = make_disk(bench, f"count{count}", count)
        refused(bench, f"stage2 of {count} sectors", NO_IMAGE, SIZE, path)


@test(2, "a sector that cannot be read is told, with the BIOS's error code")
def read_error(bench: Bench) -> None:
    for name, lba, code in ("header", image.LBA_HEADER, 0xAA), ("third", image.LBA_STAGE2 + 2, 0x20):
        path = make_disk(bench, f"error-{name}", bios=(
            f"DRIVE={DISK:#x}", f"FAIL_LBA={lba}", f"FAIL_CODE={code:#x}"))
        refused(bench, f"LBA {lba} that cannot be read (error {code:02X}h)", READ_ERROR.format(code),
                "mbr_read, which looks at the carry flag for you; read_sector alone does not", path)


# --- hv16 itself ---------------------------------------------------------------------------------------


@test(3, "hv16 boots from the hard disk, and its guest runs")
def hard_disk(bench: Bench) -> None:
    bench.expect(bench.boot(autorun="cpuid").exits.get("CPUID", 0) > 0, True,
                 "exits by CPUID, from the hard disk", BOOTING)


@test(3, "and from a floppy")
def floppy(bench: Bench) -> None:
    seen = bench.boot(autorun="cpuid", from_floppy=True)
    bench.expect(seen.exits.get("CPUID", 0) > 0, True, "exits by CPUID, from a floppy", BOOTING)
