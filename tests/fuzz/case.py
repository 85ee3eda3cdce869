"""A case as the guest has it, and a batch of them."""

import struct
from dataclasses import dataclass

from layout import AT

TF, REGISTERS, CPUID1, VOLATILE, SKIP, MSR, XCR0, APIC = (
    AT[f"KIND_{name}"] for name in
    ("TF", "REGISTERS", "CPUID1", "VOLATILE", "SKIP", "MSR", "XCR0", "APIC"))


@dataclass(frozen=True)
class Case:
    code: bytes
    kind: int = 0
    registers: int = 0  # which set
    flags: int = 2
    eax: int = 0
    ecx: int = 0
    edx: int = 0

    def pack(self) -> bytes:
        return struct.pack("<15sBHHIII", self.code.ljust(15, b"\xCC"), self.kind, self.registers,
                           self.flags, self.eax, self.ecx, self.edx)


@dataclass
class Batch:
    mode: int
    cases: list[Case]
