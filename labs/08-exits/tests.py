"""LAB 8: guests that execute CPUID and other exits where something else is going on, too."""

import re

from hv16.labs.bench import Bench, Boot, Miss, test

SECONDS = 5  # of a guest that hangs; each of these takes less than one
OFF = "apic=off"  # interrupts reach the guest without an exit
VMX, SMX, OSXSAVE, HYPERVISOR = 1 << 5, 1 << 6, 1 << 27, 1 << 31
SYSCALL = 1 << 11  # of leaf 80000001H, EDX: only in 64-bit mode, which is hv16's (question 1)
REGISTERS = ("eax", "ebx", "ecx", "edx")
LEAVES = ("0", "2", "4_0", "4_1", "4_3", "6", "7", "d_0", "d_1", "d_2", "ext_0", "ext_1", "ext_2",
          "ext_8")
ANSWER = 'hv/exits/cpuid.c; SDM volume 2, "CPUID"'
AFTER = 'where RIP goes, skip_instruction() in hv/vmx/loop.c; SDM volume 3, ' \
         '"Information for VM Exits Due to Instruction Execution"'
HELD = 'the interruptibility state, skip_instruction() in hv/vmx/loop.c; SDM volume 3, ' \
       '"Guest Non-Register State"'
PENDING = 'the pending debug exceptions, skip_instruction() in hv/vmx/loop.c; SDM volume 3, ' \
          '"Guest Non-Register State"'
LOOP = 'handle_exit() in hv/vmx/loop.c; docs/exits.md, "The loop"'


def guest(bench: Bench, name: str, *options: str) -> Boot:
    return bench.boot(name, options=[OFF, *options], timeout=SECONDS)


def cpuid(bench: Bench) -> dict[str, int]:
    return guest(bench, "cpuid.asm").values


def native(bench: Bench) -> dict[str, int]:
    """What the processor says without a hypervisor. After hv16's own boot: a miss there tells more."""
    return bench.boot("cpuid.asm", "NATIVE", native=True, until=re.compile("guest: done")).values


def expect_all(bench: Bench, seen: dict[str, int], expected: dict[str, int], what: str, where: str) -> None:
    for name, value in expected.items():
        bench.expect(seen.get(name), value, f"{what} {name}", where)


def expect_stop(bench: Bench, words: str, what: str, where: str, name: str, *more: str, options: str = "") -> None:
    """The run must end with this stop of hv16's."""
    try:
        bench.boot(name, *more, options=[OFF, *options.split()], timeout=SECONDS)
    except Miss as miss:
        seen = str(miss)
    else:
        seen = "the guest came to its end"
    if seen.startswith(bench.lab.not_implemented):
        raise Miss(seen)
    if words not in seen.splitlines()[0]:
        raise Miss(f'{what}: hv16 must stop with "{words}"; instead {seen}\nlook at {where}')


def skip(bench: Bench, rip: int, length: int, blocking: int, rflags: int, pending: int) -> list[int]:
    """RIP, interruptibility state and pending debug exceptions after one skipped instruction, on the
    host. Bochs 2.7 is no judge of the latter two: it marks a trap as pending at the exit already, and
    blocks NMIs on though the field says otherwise."""
    return bench.host("driver.c", [], f"exit {rip:x} {length:x} {blocking:x} {rflags:x} {pending:x}\n")


@test(3, "the guest goes on right after an instruction, however long that is")
def after(bench: Bench) -> None:
    seen = guest(bench, "skip.asm").values
    for name, length in (("cpuid", 2), ("operand_size", 3), ("three_prefixes", 5), ("in_al_dx", 1),
                         ("in_al_64h", 2)):
        bench.expect(seen.get(name), 2, f"of the two instructions after {name}, which is {length} bytes long, "
                                        "the guest executed", "the instruction's length: " + AFTER)
    for rip, length in ((0x1000, 15), (0xFFFFFFFF80001000, 2), (0x7FFFFFFFFFE, 2)):
        bench.expect(skip(bench, rip, length, 0, 2, 0)[0], rip + length,
                     f"RIP past an instruction of {length} bytes at {rip:x}H", AFTER)


@test(2, "each exit is counted once, under its own reason")
def counters(bench: Bench) -> None:
    boot = guest(bench, "skip.asm")
    bench.expect(dict(sorted(boot.exits.items())),
                 {"CPUID": 303, "I/O instruction": 22, "RDMSR": 7, "VMCALL": 1}, "exits by reason", LOOP)
    bench.expect(boot.values.get("fault"), 13, "the fault of RDMSR 480H, which hv16 refuses",
                 "EXIT_RESUME: " + LOOP)


@test(3, "CPUID answers as the processor does: all four registers, and subleaves")
def as_native(bench: Bench) -> None:
    seen, own = cpuid(bench), native(bench)
    for leaf in LEAVES:
        for register in REGISTERS:
            name = f"{leaf}_{register}"
            ignored = SYSCALL if name == "ext_1_edx" else 0
            if seen.get(name, 0) & ~ignored != own[name] & ~ignored:
                bench.expect(seen.get(name), own[name], f"CPUID leaf {leaf.upper()}: {register.upper()}",
                             "the four registers of the answer: " + ANSWER)


@test(2, "leaf 1 hides VMX and SMX")
def hidden(bench: Bench) -> None:
    seen, own = cpuid(bench), native(bench)
    bench.expect(own["1_ecx"] & VMX, VMX, "VMX, natively: is this a processor for hv16? Its bit", ANSWER)
    bench.expect(seen.get("1_ecx", 0) & (VMX | SMX), 0, "CPUID leaf 1: bits 5 (VMX) and 6 (SMX) of ECX",
                 "what a guest must not see: " + ANSWER)


@test(2, "it says that there is a hypervisor, and which; all else of leaf 1 is the processor's")
def hypervisor(bench: Bench) -> None:
    seen, own = cpuid(bench), native(bench)
    names = {f"1_{register}": own[f"1_{register}"] for register in REGISTERS}
    names["1_ecx"] = names["1_ecx"] & ~(VMX | SMX) | HYPERVISOR
    expect_all(bench, seen, names, "CPUID leaf", "the hypervisor bit, and no other: " + ANSWER)
    text = b"".join(seen.get(f"hv_{register}", 0).to_bytes(4, "little") for register in REGISTERS[1:])
    bench.expect(text, b"hv16hv16hv16", "CPUID leaf 40000000H: EBX, ECX, EDX", ANSWER)
    bench.expect(seen.get("hv_eax"), 0x40000000, "CPUID leaf 40000000H: EAX, the highest of such leaves", ANSWER)


@test(1, "OSXSAVE is a copy of the guest's CR4, not of hv16's")
def osxsave(bench: Bench) -> None:
    seen = cpuid(bench)
    bits = [bool(seen.get(f"{name}_ecx", 0) & OSXSAVE) for name in ("1", "1_osxsave", "1_again")]
    bench.expect(bits, [False, True, False], "OSXSAVE with CR4.OSXSAVE 0, 1, 0",
                 "copy_cr4_bit(), " + ANSWER)


@test(2, "in long mode: the leaf is EAX, upper halves are cleared, other registers stay")
def long_mode(bench: Bench) -> None:
    seen = cpuid(bench)
    bench.expect(seen.get("long_ebx"), 0x36317668, "CPUID with RAX = 5A5A000040000000H: EBX",
                 "the leaf, which is EAX and not RAX: " + ANSWER)
    bench.expect(seen.get("long_upper"), 0, "bits 63:32 of RAX, RBX, RCX and RDX after CPUID",
                 "upper halves: " + ANSWER)
    bench.expect(seen.get("long_others"), 0, "RSI, RDI, R8 to R15 after CPUID: bits of those that changed",
                 ANSWER)


@test(3, "an interrupt that STI or MOV SS held back comes right after the exit")
def shadow(bench: Bench) -> None:
    seen = guest(bench, "shadow.asm").values
    for name, words in (("irq_nop", "STI, NOP (no exit)"), ("irq_cpuid", "STI, CPUID"),
                        ("irq_in", "STI, IN AL, 64H"), ("irq_movss", "STI, MOV SS, CPUID")):
        bench.expect(seen.get(name), 0, f"{words}, with an interrupt waiting: bytes from there to where it came",
                     "what an instruction ends besides itself: " + HELD)


@test(1, "what STI and MOV SS block ends, what else is blocked stays so")
def blocking(bench: Bench) -> None:
    for before, after in ((0, 0), (1, 0), (2, 0), (8, 8), (9, 8), (0xA, 8)):
        bench.expect(skip(bench, 0x1000, 2, before, 2, 0)[1], after,
                     f"the interruptibility state, {before:x}H before a skipped instruction, is then",
                     "which bits of it you clear (bit 3: NMIs): " + HELD)


@test(2, "a guest that single-steps is owed a trap, and no other guest is")
def trap_pending(bench: Bench) -> None:
    for rflags, before, after in ((0x102, 0, 0x4000), (0x302, 0, 0x4000), (2, 0, 0), (0x202, 0, 0),
                                  (0x102, 0x1001, 0x5001), (2, 0x1001, 0x1001)):
        bench.expect(skip(bench, 0x1000, 2, 0, rflags, before)[2], after,
                     f"pending debug exceptions, {before:x}H before an instruction with RFLAGS {rflags:x}H, are then",
                     "bit 14 (BS) and RFLAGS.TF: " + PENDING)


@test(2, "it gets its trap right after the exit")
def single_step(bench: Bench) -> None:
    seen = guest(bench, "shadow.asm").values
    bench.expect(seen.get("stray"), 0, "traps with TF clear", PENDING)
    for name, words, traps in (("nop", "NOP (no exit)", 8), ("cpuid", "CPUID", 8), ("in", "IN AL, DX", 8),
                               ("movss", "MOV SS, CPUID", 9)):
        bench.expect(seen.get(f"step_{name}"), 0,
                     f"{words} with TF set: bytes from there to where the trap came", PENDING)
        bench.expect(seen.get(f"step_{name}_traps"), traps, f"traps around {words}", PENDING)


@test(2, "an exit that its handler cannot help is reported and ends the run")
def unhandled(bench: Bench) -> None:
    expect_stop(bench, "cannot handle exit 0 (exception or NMI)", "EXIT_UNHANDLED, for an exception",
                "EXIT_UNHANDLED: " + LOOP, "ends.asm", "UD", options="poke=0x4004:0x40")


@test(2, "an exit that changes nothing does not repeat for ever")
def progress(bench: Bench) -> None:
    expect_stop(bench, "no progress: 1000 exits in a row", "EXIT_RESUME at one place, for ever",
                'the answer EXIT_RESUME and handlers.resumed(): docs/exits.md, "No exit repeats in silence"',
                "ends.asm", options="poke=0x6000:0x21")


@test(2, "a failed entry is explained: it is not an exit reason of the table")
def failed_entry(bench: Bench) -> None:
    expect_stop(bench, "VM entry failed: reason 33", "an entry with RFLAGS = 0, reason 80000021H",
                'the reason before it is an index, not_in_table(); SDM volume 3, "Basic VM-Exit Information"',
                "skip.asm", options="poke=0x6820:0")


@test(1, "what the countdown is for is done when it is over: here, with trace=exits, at each exit")
def countdown(bench: Bench) -> None:
    boot = guest(bench, "shadow.asm", "trace=exits")
    traced = len(re.findall(r"^hv16: cpu 0: exit 10 \(CPUID\) at", boot.log, re.MULTILINE))
    bench.expect(traced, 5, "lines of the trace about CPUID, which the guest executes 5 times",
                 "vcpu->countdown and handlers.countdown_over(): " + LOOP)
