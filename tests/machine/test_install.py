"""Writing hv16 onto a disk that has partitions: they and the table stay as they are."""

import struct
import subprocess

import pytest
from hv16 import image
from machines import assemble, boot, built, run_sh

SECTOR = image.SECTOR
FIRST = 2048  # where the disk's own partition begins
SECTORS = 3 * 16 * 63
SIGNATURE = b"\x12\x34\x56\x78"


def install(disk, *words: str) -> subprocess.CompletedProcess:
    return run_sh("install", str(disk), *words)


def entry(first: int, sectors: int, active: bool = True, kind: int = 0x0C) -> bytes:
    return struct.pack("<B3sB3sII", 0x80 if active else 0, b"\0\2\0", kind, b"\xfe\xff\xff",
                       first, sectors)


def foreign_disk(folder, first: int = FIRST, gap: bytes = b"", kind: int = 0x0C):
    """A disk with its own MBR code, signature, two partitions, and a guest of ours in the active
    one; its other sectors are filled with their numbers."""
    guest = assemble(folder, "start", "PARTITION").read_bytes()[:24 * SECTOR]
    disk = bytearray(b"".join(struct.pack("<I", lba) * 128 for lba in range(SECTORS)))
    disk[:first * SECTOR] = bytes(first * SECTOR)
    disk[:4] = b"\xfa\x31\xc0\xf4"
    disk[440:444] = SIGNATURE
    disk[446:462] = entry(first, 100, kind=kind)
    disk[462:478] = entry(first + 100, 50, active=False)
    disk[510:512] = b"\x55\xaa"
    disk[SECTOR:SECTOR + len(gap)] = gap
    disk[first * SECTOR:first * SECTOR + len(guest)] = guest
    path = folder / "disk.img"
    path.write_bytes(disk)
    return path, bytes(disk)


@pytest.fixture(scope="module")
def installed(folder):
    path, before = foreign_disk(folder)
    done = install(path, "--option", "status=off")
    assert done.returncode == 0, done.stdout + done.stderr
    return path, before, path.read_bytes()


def test_the_partition_table_and_the_disk_signature_are_kept(installed):
    _, before, after = installed
    assert after[440:512] == before[440:512]
    assert after[440:444] == SIGNATURE


def test_every_sector_from_the_first_partition_on_is_kept(installed):
    _, before, after = installed
    assert after[FIRST * SECTOR:] == before[FIRST * SECTOR:]


def test_only_the_sectors_that_hv16_takes_have_changed(installed):
    _, before, after = installed
    _, stage2, hypervisor, *_ = image.HEADER.unpack_from(after, SECTOR)
    needed = image.LBA_STAGE2 + stage2 + hypervisor
    assert after[needed * SECTOR:] == before[needed * SECTOR:]
    assert after[:440] == bytes(built())[:440]
    assert after[SECTOR:SECTOR + 8] == image.IMAGE_MAGIC


def test_the_disk_then_boots_its_own_active_partition_as_the_guest(installed, folder):
    """Its boot sector finds its other sectors by the table entry that an MBR leaves at DS:SI."""
    path, _, _ = installed
    run = boot(folder / "out", image=path, autorun="").check_ended()
    assert "hv16: options: status=off" in run.log
    assert f"guest: partition 1 of drive 0x80, LBA {FIRST}" in run.log
    assert (run.values["dl"], run.values["sector2"]) == (0x80, 0x2EC70215)


def test_installing_again_over_hv16_itself_works(installed):
    path, before, _ = installed
    done = install(path)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes()[FIRST * SECTOR:] == before[FIRST * SECTOR:]


def check_refused(path, before: bytes, done, *words: str) -> None:
    assert done.returncode == 2, done.stdout
    assert all(word in done.stderr for word in words), done.stderr
    assert path.read_bytes() == before, "nothing may be written"


@pytest.mark.parametrize("first", [1, 63, 80])
def test_a_partition_that_starts_too_early_is_refused(tmp_path, first):
    path, before = foreign_disk(tmp_path, first=first)
    check_refused(path, before, install(path), f"partition 1 starts at sector {first}",
                  "Nothing was written")


def test_a_gpt_disk_is_refused(tmp_path):
    path, before = foreign_disk(tmp_path, kind=0xEE)
    check_refused(path, before, install(path), "GPT")


def test_a_gap_in_use_by_another_boot_loader_is_refused_unless_told_otherwise(tmp_path):
    path, before = foreign_disk(tmp_path, gap=b"GRUB something")
    check_refused(path, before, install(path), "another boot loader", "--overwrite-gap")
    assert install(path, "--overwrite-gap").returncode == 0
    assert path.read_bytes()[FIRST * SECTOR:] == before[FIRST * SECTOR:]


def test_a_disk_without_a_partition_table_is_refused(tmp_path):
    path = tmp_path / "fat.img"
    path.write_bytes(bytes([7]) * SECTOR * 3000)
    check_refused(path, path.read_bytes(), install(path), "no partition table")


def test_a_disk_that_is_too_short_is_refused(tmp_path):
    path = tmp_path / "short.img"
    path.write_bytes(bytes(SECTOR * 20))
    check_refused(path, path.read_bytes(), install(path), "shorter than the")


def test_a_bad_boot_option_is_refused_before_anything_is_written(tmp_path):
    path, before = foreign_disk(tmp_path)
    check_refused(path, before, install(path, "--option", "status"), "must be KEY=VALUE")
