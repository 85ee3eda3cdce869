"""The build refuses what would not boot: parts that are too large for their place on the disk."""

import os
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest
from hv16.pack import pack

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tree(tmp_path):
    """A copy of what is built, with all that has been built already."""
    for name in ("mbr", "stage2", "hv", "guest16", "tools", "build"):
        shutil.copytree(ROOT / name, tmp_path / name,
                        ignore=shutil.ignore_patterns("unit", "debian13*", "__pycache__"))
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def make(tree: Path, target: str) -> subprocess.CompletedProcess:
    keep = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", target], cwd=tree, env=keep, capture_output=True, text=True,
                          timeout=120, check=False)


def insert(path: Path, before: str, text: str) -> None:
    source = path.read_text()
    assert before in source
    path.write_text(source.replace(before, text + before, 1))


def noise(count: int) -> str:
    """Numbers that do not pack, for a C initializer."""
    random = Random(1)
    return ", ".join(str(random.getrandbits(31)) for _ in range(count))


def test_the_copy_builds(tree):
    insert(tree / "mbr/mbr.asm", "mbr_code_size equ", "nop\n")
    done = make(tree, "all")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file, before, more, target, complaint", [
    ("mbr/mbr.asm", "mbr_code_size equ", "times 20 nop\n", "build/mbr.bin",
     "the MBR's code does not fit before the disk signature"),
    ("stage2/stage2.asm", "stage2_end:", "times 32768 nop\n", "build/stage2.bin",
     "stage2 would reach into the buffer for the hypervisor"),
    ("hv/guest/resident.asm", "align 8\nresident_end:", "times 2048 nop\n", "build/resident.bin",
     "do not fit in RESIDENT_SIZE"),
    ("hv/main.c", "/* This processor into the mode", f"const int too_much[] = {{{noise(16384)}}};\n", "all",
     "at most 128 fit"),
], ids=["mbr", "stage2", "resident", "hypervisor"])
def test_a_part_that_is_too_large_fails_the_build_and_says_so(tree, file, before, more, target,
                                                              complaint):
    insert(tree / file, before, more)
    done = make(tree, target)
    assert done.returncode != 0
    assert complaint in done.stdout + done.stderr


def unpack(packed: bytes) -> bytes:
    """The same as stage2/unpack.asm, item by item."""
    length, at, data = int.from_bytes(packed[:4], "little"), 4, bytearray()
    while len(data) < length:
        flags, at = packed[at], at + 1
        for number in range(8):
            if len(data) == length:
                break
            if flags >> number & 1:
                word, at = int.from_bytes(packed[at:at + 2], "little"), at + 2
                for _ in range((word >> 12) + 3):
                    data.append(data[-(word & 0xFFF) - 1])
            else:
                data.append(packed[at])
                at += 1
    assert at == len(packed)
    return bytes(data)


def bytes_of(seed: int) -> bytes:
    """Up to 10,000 bytes, from all different to all the same."""
    random = Random(seed)
    return bytes(random.choices(range(256), k=random.choice((1, 2, 3, 4, 17, 100, 10000)),
                                weights=[2 ** -(value * random.choice((0, 1, 8)) / 64)
                                         for value in range(256)]))


@pytest.mark.parametrize("data", [
    b"a", b"abc" * 7, bytes(5000), b"0123456789" * 3000, (ROOT / "build/hv.bin").read_bytes(),
    *map(bytes_of, range(100))], ids=len)
def test_what_is_packed_can_be_unpacked(data):
    packed = pack(data)
    assert unpack(packed) == data
    assert len(packed) <= 4 + len(data) + (len(data) + 7) // 8, "at worst one bit more for each byte"


def test_the_hypervisor_shrinks_to_three_quarters_at_most():
    hypervisor = (ROOT / "build/hv.bin").read_bytes()
    assert len(pack(hypervisor)) < len(hypervisor) * 3 / 4
