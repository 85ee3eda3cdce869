"""Putting hv16 on a disk that already has partitions: only the MBR's code and the gap change."""

import argparse
import struct
from pathlib import Path

from hv16 import image
from hv16.image import SECTOR
from hv16.paths import BUILD, EXIT_OK, UserError, shown

GPT_PROTECTIVE = 0xEE


def partitions(mbr: bytes) -> list[tuple[int, int, int]]:
    """(number from 1, type, first LBA) of each entry in use."""
    found = []
    for index in range(4):
        entry = mbr[image.TABLE_AT + index * image.ENTRY_SIZE:][:image.ENTRY_SIZE]
        kind, first = entry[4], struct.unpack_from("<I", entry, 8)[0]
        if kind:
            found.append((index + 1, kind, first))
    return found


def check_table(mbr: bytes, name: str) -> None:
    """Refuses a first sector that is not a partition table, or a blank one."""
    if not any(mbr):
        return
    states = {mbr[image.TABLE_AT + index * image.ENTRY_SIZE] for index in range(4)}
    if mbr[510:512] != image.BOOT_SIGNATURE or not states <= {0, 0x80}:
        raise UserError(f"{name}: the first sector is no partition table (and not blank). "
                        "Is the disk one big file system? Nothing was written.")
    bytes_per_sector = struct.unpack_from("<H", mbr, 11)[0]
    if not partitions(mbr) and mbr[0] in (0xEB, 0xE9) and bytes_per_sector in (512, 1024, 2048):
        raise UserError(f"{name}: a FAT file system fills the disk, there is no gap for hv16. "
                        "Nothing was written.")


def check_room(mbr: bytes, needed: int, name: str) -> None:
    """Refuses when a partition starts before sector `needed`, where hv16 ends."""
    for number, kind, first in partitions(mbr):
        if kind == GPT_PROTECTIVE:
            raise UserError(f"{name}: this is a GPT disk, its table stands where hv16 would. "
                            "Use an MBR disk, or boot hv16 from a floppy or USB stick. "
                            "Nothing was written.")
        if first < needed:
            raise UserError(f"{name}: partition {number} starts at sector {first}, but hv16 needs "
                            f"sectors 0 to {needed - 1}. Nothing was written.")


def check_gap(gap: bytes, name: str) -> None:
    """Refuses when another program's data is in the gap, as GRUB's often is."""
    if any(gap) and not gap.startswith(image.IMAGE_MAGIC):
        raise UserError(f"{name}: the sectors before the first partition are in use, perhaps by "
                        "another boot loader. Nothing was written. Use --overwrite-gap if "
                        "they may be lost.")


def install(disk_path: Path, source: bytes, words: list[str], overwrite_gap: bool = False) -> int:
    """Writes hv16 from the image `source` onto the disk. Returns the number of sectors it takes."""
    name = shown(disk_path)
    header = source[SECTOR:2 * SECTOR]
    magic, stage2_sectors, hv_sectors, *_ = image.HEADER.unpack_from(header)
    if magic != image.IMAGE_MAGIC:
        raise UserError("hv16.img has no hv16 header: build it again with `make`")
    needed = image.LBA_STAGE2 + stage2_sectors + hv_sectors
    try:
        disk = open(disk_path, "r+b")
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}; needs a writable raw disk image") from None
    with disk:
        before = disk.read(needed * SECTOR)
        if len(before) < needed * SECTOR:
            raise UserError(f"{name}: shorter than the {needed} sectors that hv16 takes")
        mbr = before[:SECTOR]
        check_table(mbr, name)
        check_room(mbr, needed, name)
        if not overwrite_gap:
            check_gap(before[SECTOR:], name)
        after = bytearray(source[:needed * SECTOR])
        after[image.MBR_CODE_MAX:510] = mbr[image.MBR_CODE_MAX:510]
        image.patch_options(after, words)
        disk.seek(0)
        disk.write(after)
    return needed


def install_command(disk: str, args: argparse.Namespace) -> int:
    source = image.read_part(Path(args.image or BUILD / "hv16.img"))
    needed = install(Path(disk), source, args.option, args.overwrite_gap)
    print(f"{disk}: hv16 is in sectors 0 to {needed - 1}; partition table and disk signature "
          "are as before")
    return EXIT_OK
