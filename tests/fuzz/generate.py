"""What a seed stands for: batches of cases, each an instruction or a few with what it begins with.

A case is known by its seed, batch and index. Half of the cases of kernels are meant to exit, or to
be refused by hv16 itself; the others are anything.
"""

import random
import struct
from dataclasses import replace

import apic_cases
from case import (APIC, CPUID1, MSR, REGISTERS, SKIP, TF, VOLATILE, XCR0, Batch, Case)
from instructions import (is_repeated_string, is_volatile, random_instruction)
from layout import (AT, BITS, FLAT, LONG, PM16, PM32, PRIVILEGED, REAL, USER32, USER64, VM86)

BATCH = AT["BATCH_CASES"]
SETS, NARROW = 128, 64  # register sets, of which the first are of 32 bits
HIDDEN = 0x1C00000  # where hv16 is in a machine of 32 MiB: runs.py looks
ARITHMETIC_FLAGS = 0x8D5
IF, IOPL, NT = 0x200, 0x3000, 0x4000


def register_sets(rng: random.Random) -> bytes:
    """16 registers each: addresses in the data, small numbers, anything."""
    sets = []
    for number in range(SETS):
        wide = number >= NARROW
        for register in range(16):
            value = rng.getrandbits(16)
            choice = rng.getrandbits(3)
            if register == 4:  # room for frames on both sides
                value = (value & 0x7FF0 | 0x4000) + (AT["DATA"] if wide else 0)
            elif wide:
                value = (AT["DATA"] + value if choice < 4 else rng.getrandbits(64) if choice < 6
                         else rng.getrandbits(32) if choice == 6 else value & 0xFF)
            elif choice == 0:
                value = rng.getrandbits(32) & ~1
            else:
                value &= 0xFFFE
            sets.append(value)
    return struct.pack(f"<{len(sets)}Q", *sets)


# --- Cases that exit, or should be refused ---------------------------------------------------------

def value32(rng: random.Random) -> int:
    return rng.getrandbits(32) if rng.getrandbits(2) else 1 << rng.getrandbits(5)


def cpuid(rng: random.Random, mode: int) -> Case:
    leaf = rng.choice((0, 1, 2, 4, 7, 0xB, 0xD, 0x40000000, 0x80000000, 0x80000001, 0x80000008,
                       rng.getrandbits(4), rng.getrandbits(32)))
    kind = CPUID1 if leaf == 1 else VOLATILE if 0x40000000 <= leaf <= 0x400000FF else 0
    return Case(b"\x0F\xA2", kind | REGISTERS, eax=leaf, ecx=rng.getrandbits(2))


def cr0_value(rng: random.Random, mode: int) -> int:
    value = AT_CR0[mode]
    for _ in range(1 + rng.getrandbits(1)):
        value ^= 1 << rng.choice((1, 2, 3, 5, 5, 16, 18, 29, 30, rng.getrandbits(5)))
    if mode == REAL:
        return value & ~1
    return value | 1 if mode in (PM16, PM32) else value


AT_CR0 = {REAL: 0x32, PM16: 0x33, PM32: 0x33, USER32: 0x80000033, VM86: 0x80000033,
          LONG: 0x80010033, USER64: 0x80010033}


def cr4_value(rng: random.Random, mode: int) -> int:
    value = 0x40620 if BITS[mode] == 64 else 0x40600
    for _ in range(1 + rng.getrandbits(1)):
        value ^= 1 << rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 20, 21, 22,
                                  rng.getrandbits(5)))
    return value & ~0x6000  # SMXE and VMXE: hidden


def mov_cr(rng: random.Random, mode: int) -> Case:
    cr = rng.choice((0, 0, 0, 2, 3, 4, 4, 8 if BITS[mode] == 64 else 0, rng.getrandbits(3)))
    rex = b"\x44" if cr >= 8 else b""
    if rng.getrandbits(1):
        return Case(rex + bytes((0x0F, 0x20, 0xC0 | (cr & 7) << 3 | rng.getrandbits(3))))
    value = value32(rng)
    if cr == 0:
        value = cr0_value(rng, mode)
    elif cr == 3 and BITS[mode] == 64:
        value = AT["TABLES"] + 0x2000 | rng.getrandbits(2) << 3
    elif cr == 4:
        value = cr4_value(rng, mode)
    elif cr == 8:
        value = rng.getrandbits(4 + rng.getrandbits(1))
    modrm = rng.getrandbits(2) << 6 | (cr & 7) << 3 | rng.choice((0, 1, 2))
    return Case(rex + bytes((0x0F, 0x22, modrm)), REGISTERS, eax=value, ecx=value, edx=value)


def lmsw_clts(rng: random.Random, mode: int) -> Case:
    if rng.getrandbits(1):
        return Case(b"\x0F\x06")
    value = rng.getrandbits(16) & ~1 | (mode != REAL)
    return Case(b"\x0F\x01\xF0", REGISTERS, eax=value)


def mov_dr(rng: random.Random, mode: int) -> Case:
    dr = rng.getrandbits(3)
    if rng.getrandbits(1):
        return Case(bytes((0x0F, 0x21, 0xC0 | dr << 3 | rng.getrandbits(3))))
    value = rng.choice((value32(rng), AT["DATA"] + rng.getrandbits(16),
                        AT["CODE"] + AT["CODE_AT"] + rng.getrandbits(3)))
    if dr in (5, 7):
        value &= ~0x2000  # GD: the handler's own MOV would raise #DB
    return Case(bytes((0x0F, 0x23, 0xC0 | dr << 3)), REGISTERS, eax=value)


READ_MSRS = (0x17, 0x1B, 0x8B, 0xFE, 0x174, 0x175, 0x176, 0x179, 0x1A0, 0x277, 0x2FF, 0xC0000080,
             0xC0000081, 0xC0000082, 0xC0000084, 0xC0000100, 0xC0000101, 0xC0000102, 0xC0000103,
             *range(0x200, 0x214), 0x250, 0x258, 0x259, *range(0x268, 0x270))
WRITE_MSRS = (0x174, 0x175, 0x176, 0x277, 0x2FF, 0xC0000080, 0xC0000081, 0xC0000082, 0xC0000083,
              0xC0000084, 0xC0000100, 0xC0000101, 0xC0000102, 0xC0000103, *range(0x200, 0x210),
              0x250, 0x258, 0x259, *range(0x268, 0x270), 0x1B)
# hv16 says #GP where a processor without VMX does, and the machine has it.
HIDDEN_MSRS = frozenset((0x3A, 0x79, 0x9B, *range(0x480, 0x494)))
# Writes change what goes on beside the cases: TSC and its deadline, IA32_APIC_BASE, the APIC.
KEPT_MSRS = frozenset((0x10, 0x1B, 0x3B, 0x6E0, 0x1D9, 0x1A0, *range(0x800, 0x900), *WRITE_MSRS))


def any_msr(rng: random.Random) -> int:
    choice = rng.getrandbits(3)
    if choice == 0:
        return rng.getrandbits(32)
    if choice == 1:
        return 0x800 + rng.getrandbits(8)
    if choice == 2:
        return rng.choice(tuple(HIDDEN_MSRS))
    return rng.getrandbits(13) + (0xC0000000 if choice == 3 else 0)


def compared(msr: int) -> int:
    """Outside of the bitmap's two ranges Bochs has MSRs that no processor has; hv16 has none."""
    if msr in HIDDEN_MSRS or not (msr < 0x2000 or 0xC0000000 <= msr < 0xC0002000):
        return SKIP
    return VOLATILE if msr in (0x10, 0x3B, 0xE7, 0xE8, 0x6E0) else 0


def rdmsr(rng: random.Random, mode: int) -> Case:
    msr = rng.choice(READ_MSRS) if rng.getrandbits(1) else any_msr(rng)
    return Case(b"\x0F\x32", REGISTERS | compared(msr), ecx=msr)


def msr_value(rng: random.Random, mode: int, msr: int) -> int:
    value = rng.getrandbits(64) if rng.getrandbits(1) else rng.getrandbits(32)
    if msr == 0x1B:  # this one, or one with a reserved bit
        return 0xFEE00900 | rng.getrandbits(1) << rng.choice((0, 7, 52, 63))
    if msr == 0xC0000080:
        own = 0x500 if BITS[mode] == 64 else 0
        return own | rng.choice((0, 1, 0x800, 0x801, 0x100 if mode in (REAL, PM16, PM32) else 2,
                                 rng.getrandbits(64) & ~0x500))
    if msr == 0x277 or 0x250 <= msr < 0x270:
        types = (0, 1, 4, 5, 6, 7 if msr == 0x277 else 6, rng.getrandbits(3))
        return sum(rng.choice(types) << 8 * byte for byte in range(8))
    if 0x200 <= msr < 0x210:
        return value & 0xF_FFFFF800 | (rng.choice((0, 1, 4, 5, 6)) if msr % 2 == 0 else 0)
    if msr == 0x2FF:
        return rng.choice((0, 0x806, 0xC06, 0xC00, 0x400, 0x800, rng.getrandbits(12)))
    return value


def is_mtrr(msr: int) -> bool:
    return 0x200 <= msr < 0x270 or msr == 0x2FF


def wrmsr(rng: random.Random, mode: int) -> Case:
    msr = rng.choice(WRITE_MSRS)
    if is_mtrr(msr) and rng.getrandbits(6):
        msr = 0xC0000082  # of MTRRs few: hv16 looks at all memory after each
    kind = REGISTERS | MSR
    if rng.getrandbits(2) == 0:
        msr = any_msr(rng)
        while msr in KEPT_MSRS and not 0x800 <= msr < 0x900:
            msr = any_msr(rng)
        kind = REGISTERS | compared(msr)
    value = msr_value(rng, mode, msr)
    return Case(b"\x0F\x30", kind, eax=value & 0xFFFFFFFF, ecx=msr, edx=value >> 32)


# Ports, the values that may be written (EAX), and whether what is read is compared.
HARMLESS_KBD = (0xAD, 0xAE, 0xA7, 0xA8, 0xF1, 0xF3, 0xFD, 0xFF)
PORTS = (
    (0x64, 1, HARMLESS_KBD, False), (0x63, 2, tuple(v << 8 for v in HARMLESS_KBD), False),
    (0x92, 1, (0x02, 0xFE), True), (0x91, 2, (0x0200, 0xFEAB), True),
    (0xCF8, 4, (0x80000000, 0x80000008, 0x80000804, 0x00000004, 0xFFFFFFFF), True),
    (0xCF8, 1, (0, 0xFF), True), (0xCF8, 2, (0, 0xFBFF), True), (0xCF9, 1, (0, 2, 0xFB), True),
    (0xCFC, 4, (), True), (0xCFC, 2, (), True), (0xCFD, 1, (), True), (0x80, 1, (1, 0xA5), False),
    (0x84, 4, (0x12345678,), True), (0x21, 1, (), True), (0x3FF, 1, (0, 0x5A), True),
    (0x61, 1, (), False), (0x60, 1, (), False), (0x71, 1, (), False),
)


def port(rng: random.Random, mode: int) -> Case:
    number, size, values, exact = rng.choice(PORTS)
    prefix = b"\x66" if size > 1 and (size == 2) == (BITS[mode] != 16) else b""
    write = bool(values) and rng.getrandbits(1)
    opcode = 0xE4 + (size > 1) + 2 * write
    if number > 0xFF or rng.getrandbits(1):
        code = prefix + bytes((opcode + 8,))
    else:
        code = prefix + bytes((opcode, number))
    kind = REGISTERS | (0 if exact or write else VOLATILE)
    eax = rng.choice(values) if write else rng.getrandbits(32)
    return Case(code, kind, eax=eax, ecx=rng.getrandbits(32), edx=number | rng.getrandbits(8) << 16)


def port_string(rng: random.Random, mode: int) -> Case:
    """On a port that does not exit: hv16 stops at INS and OUTS on those that do."""
    code = rng.choice((b"", b"\xF3")) + rng.choice((b"\x6C", b"\x6E"))
    return Case(code, REGISTERS, ecx=rng.getrandbits(3), edx=0x3FF)


VMX = (b"\x0F\x01\xC1", b"\x0F\x01\xC2", b"\x0F\x01\xC3", b"\x0F\x01\xC4", b"\x0F\x01\xD4",
       b"\x0F\x37", b"\x0F\xAA")
VMX_MODRM = (b"\x0F\x78", b"\x0F\x79", b"\x66\x0F\x38\x80", b"\x66\x0F\x38\x81")


def vmx(rng: random.Random, mode: int) -> Case:
    choice = rng.getrandbits(2)
    rest = rng.getrandbits(64).to_bytes(8, "little")
    if choice < 2:
        code = rng.choice(VMX)
    elif choice == 2:
        code = rng.choice(VMX_MODRM) + rest
    else:  # VMPTRLD, VMCLEAR, VMXON, VMPTRST
        modrm = rest[0] & 0x87 | rng.choice((0x30, 0x38))
        code = rng.choice((b"", b"\x66", b"\xF3")) + bytes((0x0F, 0xC7, modrm)) + rest
    return Case(code)


def xsetbv(rng: random.Random, mode: int) -> Case:
    value = rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 7, rng.getrandbits(64)))
    return Case(b"\x0F\x01\xD1", REGISTERS | XCR0, eax=value & 0xFFFFFFFF, edx=value >> 32,
                ecx=0 if rng.getrandbits(2) else value32(rng))


def halt(rng: random.Random, mode: int) -> Case:
    return Case(b"\xFB\xF4")  # the timer wakes it


def flush(rng: random.Random, mode: int) -> Case:
    return Case(rng.choice((b"\x0F\x08", b"\x0F\x09")))


def interrupt(rng: random.Random, mode: int) -> Case:
    vector = rng.choice((1, 3, 4, 6, 0x30, 0x80, 0xFF))
    return Case(rng.choice((bytes((0xCD, vector)), b"\xCC", b"\xF1", b"\xCE", b"\x0F\x0B")))


SS = {REAL: AT["DATA"] >> 4, PM16: 0x08, PM32: 0x10, USER32: 0x2B, VM86: AT["DATA"] >> 4,
      LONG: 0x10, USER64: 0x2B}


def blocked(rng: random.Random, mode: int) -> Case:
    """An instruction that exits, right after MOV SS."""
    code, kind = rng.choice(((b"\x0F\xA2", VOLATILE), (b"\x0F\x09", 0), (b"\xE4\x92", 0),
                             (b"\x0F\x01\xC1", 0), (b"\x0F\x20\xC1", 0)))
    return Case(b"\x8E\xD0" + code, REGISTERS | kind, eax=SS[mode])


SPECIAL = (cpuid, cpuid, mov_cr, mov_cr, mov_cr, lmsw_clts, mov_dr, rdmsr, rdmsr, wrmsr, wrmsr, port,
           port, port, port_string, vmx, vmx, xsetbv, flush, interrupt, interrupt, blocked)


# With [EBX], ESI and EDI as the address: what only writes, and what reads.
HIDDEN_WRITES = (b"\x88\x03", b"\x66\x89\x03", b"\x89\x03", b"\xC7\x03\x01\x02\x03\x04",
                 b"\xAA", b"\x66\xAB", b"\xAB", b"\x0F\x94\x03", b"\x8C\x1B", b"\x9B\xD9\x3B")
HIDDEN_READS = (b"\x8A\x03", b"\x66\x8B\x03", b"\x8B\x03", b"\xFF\x33", b"\x8F\x03", b"\xAC",
                b"\xAD", b"\xA4", b"\xA5", b"\xF3\xA4", b"\xAE", b"\xA6", b"\xF3\xA6",
                b"\xF0\x0F\xC1\x03", b"\xF0\x0F\xB1\x0B", b"\x0F\xAB\x0B", b"\x11\x03",
                b"\xF7\x13", b"\xD1\x03", b"\x0F\xC7\x0B", b"\x01\x03")


def hidden(rng: random.Random, mode: int) -> Case:
    """The hypervisor's block: writes are lost, and reads are all ones, which natively they are not."""
    write = rng.getrandbits(1)
    address = HIDDEN + (rng.getrandbits(21) & ~0xFF0 | 0x40)  # no register of the APIC is put back
    return Case(rng.choice(HIDDEN_WRITES if write else HIDDEN_READS),
                REGISTERS | APIC | (0 if write else SKIP), eax=rng.getrandbits(32),
                ecx=rng.getrandbits(3), edx=min(address, HIDDEN + 0x1FFFC0))


def anything(rng: random.Random, mode: int) -> Case:
    code, scan = random_instruction(rng, mode)
    kind = TF | (VOLATILE if is_volatile(scan) else 0)
    if is_repeated_string(scan):
        return Case(code, kind | REGISTERS, eax=rng.getrandbits(32), ecx=rng.getrandbits(3),
                    edx=rng.getrandbits(16))
    return Case(code, kind)


def one_case(rng: random.Random, mode: int) -> Case:
    if mode & FLAT:
        in_block = mode == PM32 | FLAT and rng.getrandbits(1)
        case = hidden(rng, mode) if in_block else apic_cases.make(rng, mode)
    else:
        dice = rng.getrandbits(8)
        if dice == 0 and mode in PRIVILEGED:
            case = halt(rng, mode)
        elif dice < 8 and mode == LONG:
            case = apic_cases.make(rng, mode)
        elif dice < (128 if mode in PRIVILEGED else 64):
            case = rng.choice(SPECIAL)(rng, mode)
        else:
            case = anything(rng, mode)
    mode &= ~FLAT
    flags = 2 | rng.getrandbits(16) & (ARITHMETIC_FLAGS | 0x400 | IOPL)
    if mode in (USER32, VM86, USER64, LONG) and not case.kind & APIC:
        flags |= rng.getrandbits(1) * IF
    kind = case.kind
    if rng.getrandbits(1) and case.code != b"\xFB\xF4":
        kind |= TF
    registers = rng.getrandbits(6) + (NARROW if BITS[mode] == 64 else 0)
    return replace(case, kind=kind, flags=flags, registers=registers)


PLAN = (REAL, LONG, PM32, VM86, USER32, PM16, USER64, LONG, REAL, PM32,
        PM32 | FLAT, REAL | FLAT, REAL, LONG, PM32, PM16)


def make(seed: int, count: int) -> tuple[bytes, list[Batch]]:
    """Register sets, and batches of `count` cases together."""
    rng = random.Random(seed)
    sets = register_sets(rng)
    batches: list[Batch] = []
    while count > 0:
        mode = PLAN[len(batches) % len(PLAN)]
        size = min(count, BATCH // 4 if mode & FLAT else BATCH)
        batches.append(Batch(mode, [one_case(rng, mode) for _ in range(size)]))
        count -= size
    return sets, batches
