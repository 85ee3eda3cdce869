"""Cases with an access to the APIC's page, which stand for a driver's: 32 bits, at a register.

Other widths and places end a native run in Bochs with a panic, so there is nothing to compare.
"""

import random

from case import APIC, REGISTERS, SKIP, Case
from layout import AT, FLAT, LONG, PM32, REAL

PAGE = 0xFEE00000

# The forms that hv16 emulates, with [EBX], [ESI] or [EDI] as the address and EAX, ECX or an
# immediate as the operand. WIDEN THIS TABLE when it emulates more: NOT, NEG, ADC, SBB, shifts, BT to
# BTC, XADD, CMPXCHG, SETcc, SCAS, CMPS, PUSH and POP of memory end the run today.
READS = (b"\x8B\x03", b"\x8B\x0B", b"\x8B\x13", b"\x03\x03", b"\x0B\x03", b"\x23\x03", b"\x2B\x03",
         b"\x33\x03", b"\x3B\x03", b"\x39\x03", b"\x85\x03", b"\x83\x3B\x10", b"\xF7\x03\x05\0\0\0",
         b"\xAD", b"\x8B\x06", b"\x8B\x07")
WRITES = (b"\x89\x03", b"\x89\x0B", b"\x89\x06", b"\xAB")
READS_WRITES = (b"\x01\x03", b"\x09\x03", b"\x21\x03", b"\x29\x03", b"\x31\x03", b"\x87\x03",
                b"\xFF\x03", b"\xFF\x0B", b"\x83\x03\x10", b"\x83\x23\xF0", b"\xF0\x09\x03")
SHORT = {REAL: (b"\xAB", b"\x83\x3B\x10")}  # not these: ES has 64 KiB, and the prefixes

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
