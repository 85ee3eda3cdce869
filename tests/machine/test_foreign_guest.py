"""A disk that we did not make boots through its own boot sector, and is not written to."""

import pytest
from machines import assemble, boot, boot_guest

SECOND_SECTOR_MAGIC = 0x2EC70215


@pytest.fixture(scope="module")
def start(folder):
    disk = assemble(folder, "start")
    second = folder / "second.img"
    second.write_bytes((0x5EC02D).to_bytes(4, "little").ljust(1 << 20, b"\x5a"))
    before = disk.read_bytes(), second.read_bytes()
    run = boot(folder / "out", guests=[disk, second]).check_ended()
    run.before, run.after = before, (disk.read_bytes(), second.read_bytes())
    return run


def test_a_foreign_disk_boots_through_its_own_boot_sector_with_dl_80h(start):
    assert start.values["dl"] == 0x80
    assert "guest: drive 0x80, LBA 0" in start.log


def test_its_boot_sector_starts_at_0000_7c00(start):
    assert (start.values["cs"] << 4) + start.values["ip"] == 0x7C00


def test_it_reads_its_own_second_sector_by_int_13h(start):
    assert start.values["sector2"] == SECOND_SECTOR_MAGIC


def test_the_second_guest_image_is_drive_81h(start):
    assert start.values["drive81"] == 0x5EC02D


def test_what_the_guest_writes_to_its_disk_does_not_reach_the_image(start):
    assert start.values["write"] == 0, "the write itself must succeed"
    assert start.after == start.before


def test_with_one_guest_there_is_no_drive_81h(tmp_path):
    run = boot_guest(tmp_path, "start").check_ended()
    assert "drive81=none" in run.serial
