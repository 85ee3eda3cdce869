"""The disk images: hv16.img (hypervisor and guest) and guest16.img (the guest alone).

The layout is hv/layout.h's and hv/boot.h's: LBA 0 the MBR, 1 the header, 2 the options, from 3
on stage2 and the hypervisor, and the active partition with the guest after them.
"""

import argparse
import struct
import zlib
from pathlib import Path

from hv16.pack import pack
from hv16.paths import BUILD, EXIT_OK, UserError, shown

SECTOR = 512
LBA_HEADER = 1
LBA_OPTIONS = 2
LBA_STAGE2 = 3
LOADED_SECTORS_MAX = 128  # stage2 + hypervisor, packed: 64 KiB
MBR_CODE_MAX = 440
DISK_SIGNATURE_AT = 440
TABLE_AT = 446
ENTRY_SIZE = 16
BOOT_SIGNATURE = b"\x55\xaa"

IMAGE_MAGIC = b"HV16IMG1"
HEADER = struct.Struct("<8sHHIIII")  # struct image_header of hv/boot.h

# One size that is both a 1.44 MB floppy and a small hard disk.
CYLINDERS, HEADS, SECTORS_PER_TRACK = 80, 2, 18
IMAGE_SECTORS = CYLINDERS * HEADS * SECTORS_PER_TRACK
PARTITION_LBA = 2048  # where partitioning tools start the first one
PARTITION_TYPE = 0xDA  # "non-FS data"
OUR_DISK_SIGNATURE = b"HV16"

GUEST_MAGIC = b"GUEST16\0"  # at the start of guest16's second sector
GUEST_HIDDEN_AT = 0x1C  # in its first: the LBA it was read from, as in a FAT boot sector
GUEST_SECTORS_AT = 8
AUTORUN_AT, AUTORUN_SIZE = 16, 48


def read_part(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{shown(path)} is missing: build it with `make`") from None
    if not data:
        raise UserError(f"{shown(path)} is empty: remove it and run `make` again")
    return data


def pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % SECTOR)


def mbr_code(mbr: bytes, name: str = "mbr.bin") -> bytes:
    """The MBR's code, from a file of code alone or from a whole sector with its 55AAh."""
    tail = mbr[MBR_CODE_MAX:]
    if tail and (len(mbr) != SECTOR or tail.strip(b"\0") not in (b"", BOOT_SIGNATURE)):
        raise UserError(f"{name}: the code does not fit in {MBR_CODE_MAX} bytes "
                        "(the disk signature and the partition table follow it)")
    return mbr[:MBR_CODE_MAX].ljust(MBR_CODE_MAX, b"\0")


def chs(lba: int) -> bytes:
    """A partition entry's cylinder, head, sector for our own geometry."""
    track, sector = divmod(lba, SECTORS_PER_TRACK)
    cylinder, head = divmod(track, HEADS)
    return bytes((head, (sector + 1) | (cylinder >> 2 & 0xC0), cylinder & 0xFF))


def partition_entry(first: int, sectors: int, kind: int = PARTITION_TYPE) -> bytes:
    return struct.pack("<B3sB3sII", 0x80, chs(first), kind, chs(first + sectors - 1),
                       first, sectors)


def loaded_part(stage2: bytes, hypervisor: bytes) -> bytes:
    """The sectors from LBA 1 on: header, empty options, stage2, packed hypervisor."""
    packed = pack(hypervisor)
    stage2_sectors, hv_sectors = len(pad(stage2)) // SECTOR, len(pad(packed)) // SECTOR
    total = stage2_sectors + hv_sectors
    if total > LOADED_SECTORS_MAX:
        raise UserError(f"stage2 ({len(stage2)} bytes) and the hypervisor ({len(hypervisor)} bytes,"
                        f" packed {len(packed)}) take {total} sectors;"
                        f" at most {LOADED_SECTORS_MAX} fit")
    header = HEADER.pack(IMAGE_MAGIC, stage2_sectors, hv_sectors, len(stage2), len(packed),
                         zlib.adler32(stage2), zlib.adler32(packed))
    return pad(header) + bytes(SECTOR) + pad(stage2) + pad(packed)


def guest_at(guest: bytes, lba: int, name: str = "guest16.bin") -> bytes:
    """The guest's sectors, told at which LBA of the disk they stand."""
    data = bytearray(pad(guest))
    if data[510:512] != BOOT_SIGNATURE:
        raise UserError(f"{name}: no boot sector (55AAh is missing at offset 510)")
    if data[SECTOR:SECTOR + len(GUEST_MAGIC)] == GUEST_MAGIC:
        claimed = struct.unpack_from("<H", data, SECTOR + GUEST_SECTORS_AT)[0]
        if claimed * SECTOR != len(data):
            raise UserError(f"{name}: says it has {claimed} sectors, but has {len(data) // SECTOR}")
        struct.pack_into("<I", data, GUEST_HIDDEN_AT, lba)
    return bytes(data)


def make_images(mbr: bytes, stage2: bytes, hypervisor: bytes, guest: bytes) -> tuple[bytes, bytes]:
    """The whole hv16.img and the whole guest16.img."""
    placed = guest_at(guest, PARTITION_LBA)
    room = IMAGE_SECTORS - PARTITION_LBA
    if len(placed) > room * SECTOR:
        raise UserError(f"guest16.bin has {len(placed) // SECTOR} sectors; "
                        f"its partition has {room}")
    disk = bytearray(IMAGE_SECTORS * SECTOR)
    disk[:MBR_CODE_MAX] = mbr_code(mbr)
    disk[DISK_SIGNATURE_AT:DISK_SIGNATURE_AT + 4] = OUR_DISK_SIGNATURE
    disk[TABLE_AT:TABLE_AT + ENTRY_SIZE] = partition_entry(PARTITION_LBA, room)
    disk[510:512] = BOOT_SIGNATURE
    loaded = loaded_part(stage2, hypervisor)
    disk[SECTOR:SECTOR + len(loaded)] = loaded
    disk[PARTITION_LBA * SECTOR:PARTITION_LBA * SECTOR + len(placed)] = placed
    native = guest_at(guest, 0).ljust(IMAGE_SECTORS * SECTOR, b"\0")
    return bytes(disk), native


def options_sector(old: bytes, words: list[str]) -> bytes:
    """The options sector with `words` (KEY=VALUE each) put after what it holds already."""
    for word in words:
        key, equals, _ = word.partition("=")
        if not key or not equals or not word.isascii() or not word.isprintable() or " " in word:
            raise UserError(f'option "{word}": must be KEY=VALUE, without spaces')
    kept = old.split(b"\0")[0].split(b"\x1a")[0].decode("ascii", "replace").split()
    text = " ".join(kept + words).encode("ascii", "replace")
    if len(text) > SECTOR:
        raise UserError(f"the options take {len(text)} bytes; one sector holds {SECTOR}")
    return text.ljust(SECTOR, b"\0")


def patch_options(disk: bytearray, words: list[str]) -> None:
    at = slice(LBA_OPTIONS * SECTOR, (LBA_OPTIONS + 1) * SECTOR)
    disk[at] = options_sector(bytes(disk[at]), words)


def guest_lba(disk: bytes) -> int | None:
    """Where guest16 stands: in the active partition, or at LBA 0 of guest16.img; None: nowhere."""
    places = [0]
    for index in range(4):
        entry = disk[TABLE_AT + index * ENTRY_SIZE:][:ENTRY_SIZE]
        if len(entry) == ENTRY_SIZE and entry[0] == 0x80:
            places.append(struct.unpack_from("<I", entry, 8)[0])
    for lba in places:
        if disk[(lba + 1) * SECTOR:][:len(GUEST_MAGIC)] == GUEST_MAGIC:
            return lba
    return None


def patch_autorun(disk: bytearray, what: str) -> bool:
    """Sets what guest16 does by itself ("menu", "tour", "bench", a demo). False: no guest16."""
    text = what.encode("ascii", "replace")
    if not text or len(text) >= AUTORUN_SIZE:
        raise UserError(f'--run "{what}": a demo has a name of 1 to {AUTORUN_SIZE - 1} letters')
    lba = guest_lba(disk)
    if lba is None:
        return False
    start = (lba + 1) * SECTOR + AUTORUN_AT
    disk[start:start + AUTORUN_SIZE] = text.ljust(AUTORUN_SIZE, b"\0")
    return True


def build_command(args: argparse.Namespace) -> int:
    folder = Path(args.dir)
    guest = Path(args.guest16) if args.guest16 else folder / "guest16.bin"
    images = make_images(read_part(folder / "mbr.bin"), read_part(folder / "stage2.bin"),
                         read_part(folder / "hv.bin"), read_part(guest))
    for name, data in zip(("hv16.img", "guest16.img"), images):
        (folder / name).write_bytes(data)
    return EXIT_OK


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", default=str(BUILD), help="where the parts are (default: build)")
    parser.add_argument("--guest16", metavar="FILE", help="another guest16.bin")
    parser.set_defaults(action=build_command)
