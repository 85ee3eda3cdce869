"""Cases with an access to the APIC's page, which stand for a driver's: 32 bits, at a register.

Other widths and places end a native run in Bochs with a panic, so there is nothing to compare.
"""

import random

from case import APIC, REGISTERS, SKIP, Case
from layout import AT, FLAT, LONG, PM32, REAL

PAGE = 0xFEE00000

# Forms with [EBX], [ESI] or [EDI] as the address and EAX, ECX, EDX or an immediate as the operand.
# Not here: BT to BTC with a register, whose bit may lie far from the page; SETcc, of 8 bits.
READS = tuple(bytes.fromhex(code) for code in (
    "8B03", "8B0B", "8B13", "0303", "0B03", "1303", "1B03", "2303", "2B03", "3303", "3B03", "3903",
    "8503", "833B10", "F70305000000", "AD", "8B06", "8B07", "AF", "0FBA2305", "FF33"))
WRITES = tuple(bytes.fromhex(code) for code in ("8903", "890B", "8906", "AB"))
READS_WRITES = tuple(bytes.fromhex(code) for code in (
    "0103", "0903", "1103", "1903", "2103", "2903", "3103", "8703", "FF03", "FF0B", "830310", "8323F0",
    "F00903", "F713", "F71B", "F0F713", "C12305", "D32B", "D13B", "D103", "D31B", "0FBA2B05",
    "F00FBA2B07", "0FBA3309", "0FBA3B1F", "0FC103", "0FB10B", "8F03"))
SHORT = {  # not these
    REAL: tuple(map(bytes.fromhex, ("AB", "AF", "833B10"))),  # ES has 64 KiB; and the prefixes
    LONG: tuple(map(bytes.fromhex, ("FF33", "8F03")))}  # of 64 bits there

# Offset, and whether what is read there is the architecture's alone to say.
REGISTERS_READ = ((0x20, True), (0x30, False), (0x80, True), (0xA0, True), (0xD0, True), (0xE0, True),
                  (0xF0, False), (0x100, True), (0x180, False), (0x200, False), (0x280, False),
                  (0x300, False), (0x310, True), (0x320, True), (0x350, False), (0x360, False),
                  (0x370, True), (0x380, True), (0x390, False), (0x3E0, True), (0x90, False),
                  (0x3F0, False))
ICR_SELF = 0x44000
MASKED = 0x10000


def written(rng: random.Random) -> tuple[int, int]:
    """A register and a value after which the guest still runs."""
    vector = 0x50 + rng.getrandbits(4)
    return rng.choice((
        (0x80, rng.getrandbits(8)), (0x80, rng.getrandbits(8)), (0x80, rng.getrandbits(8) & 0xF0),
        (0xB0, 0), (0xD0, rng.getrandbits(8) << 24), (0xE0, 0xFFFFFFFF), (0xF0, 0x100 | vector),
        (0xF0, vector), (0x280, 0), (0x310, rng.getrandbits(4) << 24),
        (0x300, ICR_SELF | vector), (0x300, ICR_SELF | vector), (0x300, 0x4000 | vector),
        (0x300, ICR_SELF | rng.getrandbits(4)), (0x320, MASKED | vector),
        (0x320, MASKED | 0x20000 | vector), (0x330, MASKED | vector), (0x370, MASKED | vector),
        (0x380, rng.getrandbits(32)), (0x3E0, rng.choice((0, 1, 2, 3, 8, 9, 10, 11))),
        (0x20, rng.getrandbits(32)), (0x30, rng.getrandbits(32)), (0x390, rng.getrandbits(32))))


def prefixed(mode: int, code: bytes) -> bytes:
    """Of 32 bits, with FS in real mode, which alone reaches so far."""
    if mode & ~FLAT != REAL:
        return code
    if code[0] == 0xF0:
        return b"\x64\x67\x66" + code
    return b"\x64\x67\x66" + code


def make(rng: random.Random, mode: int) -> Case:
    excluded = SHORT.get(mode & ~FLAT, ())
    choice = rng.getrandbits(3)
    if choice < 4:
        offset, exact = rng.choice(REGISTERS_READ)
        code, value = rng.choice(READS), rng.getrandbits(32)
    elif choice < 7:
        offset, value = written(rng)
        exact = True
        code = rng.choice(WRITES)
    else:
        offset, exact = rng.choice(((0x80, True), (0xD0, True), (0xE0, False)))
        code, value = rng.choice(READS_WRITES), rng.getrandbits(32)
    if code in excluded or (mode & ~FLAT == REAL and code == b"\xAD"):
        code = READS[0] if choice < 4 else WRITES[0]
    return Case(prefixed(mode, code), REGISTERS | APIC | (0 if exact else SKIP), eax=value,
                ecx=value, edx=PAGE + offset)
