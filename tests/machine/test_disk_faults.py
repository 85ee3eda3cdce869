"""A damaged disk: each fault is one readable line that says what is wrong, and status 1."""

import struct

import pytest
from hv16 import image
from machines import boot, built

SECTOR = image.SECTOR
HEADER_AT = image.LBA_HEADER * SECTOR
HEADER_FIELDS = ("magic", "stage2_sectors", "hv_sectors", "stage2_bytes", "hv_bytes",
                 "stage2_adler32", "hv_adler32")
ENTRY = image.TABLE_AT
VBR_END = image.PARTITION_LBA * SECTOR + 510


def header(disk: bytes) -> dict:
    return dict(zip(HEADER_FIELDS, image.HEADER.unpack_from(disk, HEADER_AT)))


def set_header(disk: bytearray, **changes) -> None:
    values = header(disk) | changes
    image.HEADER.pack_into(disk, HEADER_AT, *values.values())


def boot_disk(out, disk: bytes, **request):
    path = out.parent / "broken.img"
    path.write_bytes(disk)
    return boot(out, image=path, **request)


def check_refused(run, ended: str, text: str) -> None:
    """Status 1, the reason in the report, and one line about it on the screen."""
    assert (run.report.ended, run.status) == (ended, 1), run.explain()
    assert text in run.report.message
    lines = [line.rstrip() for line in run.screen.split("\n") if line.startswith("hv16: ")]
    assert len(lines) == 1 and run.report.message.startswith(lines[0]), (lines, run.report.message)
    assert run.serial == "", "no guest may have run"


def flip(disk: bytearray, offset: int) -> None:
    disk[offset] ^= 0x40


def break_magic(disk):
    flip(disk, HEADER_AT + 5)


def break_stage2(disk):
    flip(disk, image.LBA_STAGE2 * SECTOR + header(disk)["stage2_bytes"] - 1)


def break_stage2_magic(disk):
    flip(disk, image.LBA_STAGE2 * SECTOR)


def break_stage2_checksum(disk):
    set_header(disk, stage2_adler32=header(disk)["stage2_adler32"] ^ 1)


def break_stage2_length(disk):
    set_header(disk, stage2_bytes=header(disk)["stage2_bytes"] - 1)


def break_hypervisor(disk):
    start = image.LBA_STAGE2 + header(disk)["stage2_sectors"]
    flip(disk, start * SECTOR + header(disk)["hv_bytes"] // 2)


def break_hypervisors_last_byte(disk):
    start = image.LBA_STAGE2 + header(disk)["stage2_sectors"]
    flip(disk, start * SECTOR + header(disk)["hv_bytes"] - 1)


@pytest.mark.parametrize("damage, text", [
    (break_magic, "no hv16 image after this MBR"),
    (break_stage2_magic, "no hv16 image after this MBR"),
    (break_stage2, "stage2 is damaged on disk"),
    (break_stage2_checksum, "stage2 is damaged on disk"),
    (break_stage2_length, "stage2 is damaged on disk"),
    (break_hypervisor, "the hypervisor is damaged on disk"),
    (break_hypervisors_last_byte, "the hypervisor is damaged on disk"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_a_flipped_bit_in_the_image_is_found(out, damage, text):
    disk = built()
    damage(disk)
    check_refused(boot_disk(out, disk), "refused", text)


@pytest.mark.parametrize("changes, text", [
    ({"stage2_sectors": 0}, "no hv16 image after this MBR"),
    ({"stage2_sectors": 65}, "no hv16 image after this MBR"),
    ({"stage2_sectors": 0xFFFF}, "no hv16 image after this MBR"),
    ({"hv_sectors": 129}, "the image header is damaged"),
    ({"hv_sectors": 0xFFFF}, "the image header is damaged"),
    ({"hv_sectors": 1}, "the image header is damaged"),
    ({"hv_bytes": 0}, "the image header is damaged"),
    ({"hv_bytes": 0xFFFFFFFF}, "the image header is damaged"),
], ids=str)
def test_an_impossible_length_in_the_header_is_refused(out, changes, text):
    disk = built()
    set_header(disk, **changes)
    check_refused(boot_disk(out, disk), "refused", text)


@pytest.mark.parametrize("sectors", [1, 2, 4])
def test_a_disk_cut_off_before_stage2_ends_is_a_read_error_of_the_mbr(out, sectors):
    run = boot_disk(out, built()[:sectors * SECTOR])
    check_refused(run, "refused", "cannot read the boot drive: BIOS error ")


@pytest.mark.parametrize("missing", [1, 20])
def test_a_disk_cut_off_inside_the_hypervisor_is_a_read_error_of_stage2(out, missing):
    disk = built()
    whole = image.LBA_STAGE2 + header(disk)["stage2_sectors"] + header(disk)["hv_sectors"]
    run = boot_disk(out, disk[:(whole - missing) * SECTOR], autorun="")
    check_refused(run, "refused", "cannot read all of hv16 from BIOS drive 128: BIOS error ")


def no_active(disk):
    disk[ENTRY] = 0


def two_active(disk):
    second = disk[ENTRY:ENTRY + image.ENTRY_SIZE]
    disk[ENTRY + image.ENTRY_SIZE:ENTRY + 2 * image.ENTRY_SIZE] = second


def active_without_type(disk):
    disk[ENTRY + 4] = 0


def active_at_sector_0(disk):
    struct.pack_into("<I", disk, ENTRY + 8, 0)


@pytest.mark.parametrize("damage, text", [
    (no_active, "no guest on BIOS drive 0x80: no partition is marked active"),
    (two_active, "no guest on BIOS drive 0x80: more than one partition is marked active"),
    (active_without_type, "no guest on BIOS drive 0x80: the active partition is empty"),
    (active_at_sector_0, "no guest on BIOS drive 0x80: the active partition is empty"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_without_one_active_partition_hv16_refuses(out, damage, text):
    disk = built()
    damage(disk)
    run = boot_disk(out, disk, autorun="")
    check_refused(run, "refused", text)
    assert "entering the guest" not in run.log


def test_a_guest_whose_boot_sector_does_not_end_in_55_aa_is_not_started(out):
    disk = built()
    disk[VBR_END] = 0
    check_refused(boot_disk(out, disk), "stop",
                  f"LBA {image.PARTITION_LBA} of BIOS drive 0x80 does not end in 55 AA")


def test_an_active_partition_past_the_end_of_the_disk_is_a_read_error(out):
    disk = built()
    struct.pack_into("<I", disk, ENTRY + 8, 1_000_000)
    run = boot_disk(out, disk, autorun="")
    check_refused(run, "stop", "cannot read the guest's boot sector, LBA 1000000 of BIOS drive 0x80: ")


def test_a_drive_that_does_not_exist_is_a_read_error(out):
    run = boot(out, options=["guest=0x81"])
    check_refused(run, "stop", "cannot read the guest's boot sector, LBA 0 of BIOS drive 0x81: ")


def test_the_image_boots_as_a_floppy_by_cylinder_head_and_sector(out):
    """BIOS drives below 80h have no INT 13h extensions, so all reads go the old way."""
    run = boot(out, from_floppy=True, autorun="bios").check_ended()
    assert "boot drive 0x00" in run.log
    assert "guest: partition 1 of drive 0x00, LBA 2048" in run.log
    assert "INT 13h AH=02h (this drive has no AH=42h)" in run.serial


def test_a_floppy_with_a_damaged_hypervisor_is_refused_too(out):
    disk = built()
    break_hypervisor(disk)
    check_refused(boot_disk(out, disk, from_floppy=True), "refused", "the hypervisor is damaged")


def test_the_disk_boots_with_any_other_geometry_too(out):
    """A longer disk: Bochs then has 16 heads and 63 sectors a track."""
    run = boot_disk(out, built().ljust(3 * 16 * 63 * SECTOR, b"\0"), autorun="bios").check_ended()
    assert "INT 13h AH=42h (by LBA)" in run.serial
