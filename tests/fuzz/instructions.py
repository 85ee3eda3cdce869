"""Random instructions, and which of them no case may have: those that would take the guest's own
state away (LIDT, a store to any address), stop it for good (HLT with interrupts off), or that only
generate.py makes, with values that are known (I/O, MSRs, control registers).

A trap ends the case after one instruction: nobody has to know how long it is, or where it jumps.
"""

import random

from layout import BITS, LONG, PM16, PM32, PRIVILEGED, REAL

PREFIXES = (0x66, 0x67, 0xF2, 0xF3, 0xF0, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65)
PREFIX_SET = frozenset(PREFIXES)
IO = frozenset((*range(0x6C, 0x70), *range(0xE4, 0xE8), *range(0xEC, 0xF0)))
STRINGS = frozenset((*range(0xA4, 0xA8), *range(0xAA, 0xB0)))
OWN_VECTORS = frozenset((0x20, 0x27, *range(0x50, 0x60)))
WITH_ERROR = frozenset((8, 10, 11, 12, 13, 14, 17))  # INT 13 would push no error code
MOV_CR_DR = frozenset((0x0F20, 0x0F21, 0x0F22, 0x0F23, 0x0F24, 0x0F26))


class Scan:
    """What of an instruction the rules below look at."""

    def __init__(self, mode: int, code: bytes) -> None:
        at = 0
        self.rep = False
        while code[at] in PREFIX_SET or (BITS[mode] == 64 and code[at] & 0xF0 == 0x40):
            self.rep |= code[at] & 0xFE == 0xF2
            at += 1
            if at > 11:
                break
        self.opcode, at = code[at], at + 1
        if self.opcode == 0x0F:
            self.opcode, at = 0x0F00 | code[at], at + 1
        self.modrm = code[at]
        self.reg = self.modrm >> 3 & 7
        self.in_register = self.modrm >= 0xC0


def system_instruction(mode: int, scan: Scan) -> bool:
    """Those of kernels, which a kernel must not have here."""
    opcode, reg = scan.opcode, scan.reg
    if opcode == 0x0F01:
        if scan.in_register:
            return reg == 6 or scan.modrm in (0xC8, 0xC9, 0xD1)  # LMSW, MONITOR, MWAIT, XSETBV
        return reg in (2, 3, 6)  # LGDT, LIDT, LMSW
    return (opcode in MOV_CR_DR or opcode in (0x0F30, 0x0F32, 0xF4) or
            (opcode == 0x0F00 and reg == 3 and mode != REAL))  # LTR


def forbidden(mode: int, scan: Scan) -> bool:
    opcode = scan.opcode
    if opcode in IO or opcode == 0x0FA2:
        return True
    if opcode == 0x0FC7 and scan.in_register and scan.reg >= 6:  # RDRAND, RDSEED
        return True
    if opcode == 0xCD:
        vector = scan.modrm
        return vector in OWN_VECTORS or (vector in WITH_ERROR and mode in (PM16, PM32, LONG))
    if opcode in (0x17, 0x0FB2) or (opcode == 0x8E and scan.reg == 2):
        return True  # SS: the trap after it is held back, and what follows would be executed
    return mode in PRIVILEGED and system_instruction(mode, scan)


def is_volatile(scan: Scan) -> bool:
    """RDTSC, RDTSCP, RDPMC."""
    return scan.opcode in (0x0F31, 0x0F33) or (scan.opcode == 0x0F01 and scan.modrm == 0xF9)


def is_repeated_string(scan: Scan) -> bool:
    return scan.rep and scan.opcode in STRINGS


def random_code(rng: random.Random, mode: int) -> bytes:
    """Prefixes, an opcode from one of the maps, and whatever follows."""
    bits = rng.getrandbits(24)
    code = bytearray()
    while bits & 3 == 0 and len(code) < 4:
        code.append(rng.choice(PREFIXES))
        bits >>= 2
    if BITS[mode] == 64 and bits & 4:
        code.append(0x40 | rng.getrandbits(4))
    opcode_map = (bits >> 8) & 31
    if opcode_map >= 12:
        code.append(rng.getrandbits(8))
    elif opcode_map >= 3:
        code += bytes((0x0F, rng.getrandbits(8)))
    elif opcode_map == 2:
        code += bytes((0x0F, 0x38 | rng.getrandbits(1) * 2, rng.getrandbits(8)))
    elif opcode_map == 1:  # VEX
        code += bytes((0xC5, rng.getrandbits(8), rng.getrandbits(8)))
    else:
        code += bytes((0xC4, rng.getrandbits(8) & 0xE3, rng.getrandbits(8), rng.getrandbits(8)))
    code += rng.getrandbits(128).to_bytes(16, "little")
    return bytes(code[:15])


def random_instruction(rng: random.Random, mode: int) -> tuple[bytes, Scan]:
    while True:
        code = random_code(rng, mode)
        scan = Scan(mode, code + b"\0\0\0\0")
        if not forbidden(mode, scan):
            return code, scan
