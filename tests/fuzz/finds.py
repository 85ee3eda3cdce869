"""What the fuzzer has found: cases that came out another way under hv16 before it was mended. Each
is one row; test_fuzz.py runs them all."""

from case import MSR, REGISTERS, TF, XCR0, Batch, Case
from layout import LONG, PM16, PM32, REAL, USER32, USER64, VM86

CPUID, XSETBV, VMXOFF = b"\x0F\xA2", b"\x0F\x01\xD1", b"\x0F\x01\xC4"
MOV_CR0_EAX = b"\x0F\x22\xC0"
SYSCALL_LEAF = Case(CPUID, REGISTERS, eax=0x80000001)
LOADS_XCR0 = Case(XSETBV, REGISTERS | XCR0, eax=1)
NW_WITHOUT_CD, PG_WITHOUT_PE = 0x20000000, 0x80000000

FINDS: dict[str, tuple[int, Case]] = {
    # SYSCALL is there in 64-bit mode only, and CPUID says so. The hypervisor always is in it.
    "CPUID 80000001h, real mode": (REAL, SYSCALL_LEAF),
    "CPUID 80000001h, 16-bit": (PM16, SYSCALL_LEAF),
    "CPUID 80000001h, 32-bit": (PM32, SYSCALL_LEAF),
    "CPUID 80000001h, 32-bit user": (USER32, SYSCALL_LEAF),
    "CPUID 80000001h, virtual-8086": (VM86, SYSCALL_LEAF),
    "CPUID 80000001h, 64-bit": (LONG, SYSCALL_LEAF),
    # A fault's frame has RF = 1, so that IRET can get past a breakpoint on the instruction.
    "RF of #UD, 32-bit": (PM32, Case(VMXOFF)),
    "RF of #UD, 64-bit": (LONG, Case(VMXOFF)),
    "RF of #UD, stepping": (LONG, Case(VMXOFF, TF)),
    "RF of #GP, 32-bit": (PM32, Case(XSETBV, REGISTERS, eax=2)),
    "RF of #GP, 64-bit": (LONG, Case(XSETBV, REGISTERS, eax=2)),
    # XSETBV is the kernel's.
    "XSETBV, 32-bit user": (USER32, LOADS_XCR0),
    "XSETBV, virtual-8086": (VM86, LOADS_XCR0),
    "XSETBV, 64-bit user": (USER64, LOADS_XCR0),
    "XSETBV, 64-bit": (LONG, LOADS_XCR0),
    # An instruction that faults changes nothing, NE neither.
    "CR0: NE and NW, real mode": (REAL, Case(MOV_CR0_EAX, REGISTERS, eax=NW_WITHOUT_CD)),
    "CR0: NE and PG, real mode": (REAL, Case(MOV_CR0_EAX, REGISTERS, eax=PG_WITHOUT_PE)),
    "CR0: NE and NW, 32-bit": (PM32, Case(MOV_CR0_EAX, REGISTERS, eax=NW_WITHOUT_CD | 1)),
    "CR0: NE and no PG, 64-bit": (LONG, Case(MOV_CR0_EAX, REGISTERS, eax=0x11)),
    "CR0: NE and no PE, 64-bit": (LONG, Case(MOV_CR0_EAX, REGISTERS, eax=0x80000010)),
    # One MTRR that is about a page of every 2 MiB: hv16 had no memory for so many tables.
    "MTRR: a mask with holes": (PM32, Case(b"\x0F\x30", REGISTERS | MSR, ecx=0x20F, eax=0x1FF800)),
}


def batches() -> list[Batch]:
    """One for each find, so that none of them can hide another."""
    return [Batch(mode, [case]) for mode, case in FINDS.values()]
