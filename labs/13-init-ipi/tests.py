"""LAB 13: two guests that send INITs, to themselves and to the second processor, and say what came of it."""

from hv16.labs.bench import Bench, Boot, test

ROUNDS = 100
STATES = 'SDM volume 3, "Processor States Following Power-up, Reset, or INIT", the table\'s column INIT'
WRITE = f"init_write_state() in hv/init/state.c; {STATES}"
SIPI = 'init_receive_sipi() in hv/init/receive.c; SDM volume 3, "MP Initialization Example", and hv/init/init.h'
APIC = 'init_receive() in hv/init/receive.c; SDM volume 3, "Local APIC State After an INIT Reset"'
FIRST = "receive_first() in hv/init/receive.c, and the comment above it"
STORM = 'quirk_sticky_init() in hv/quirks.c; docs/init.md, "The exit that never ends"'

STOP = "reset=stop"  # a guest that is lost resets the machine: once is enough


def itself(bench: Bench) -> Boot:
    return bench.boot("self.asm", options=[STOP])


def second(bench: Bench) -> Boot:
    """What the second processor found in its second start: before the INIT it had changed all it could."""
    return bench.boot("second.asm", options=[STOP], cpus=2)


def values(bench: Bench, boot: Boot, rows: list[tuple[str, int, str]], where: str) -> None:
    for name, expected, what in rows:
        bench.expect(boot.values.get(name), expected, what, where)


@test(3, "an INIT to itself: the guest goes on through the BIOS, 100 times")
def through_the_bios(bench: Bench) -> None:
    values(bench, itself(bench), [
        ("missed", 0, "instructions after the INIT that were executed"),
        ("came", ROUNDS, f"how often the BIOS went on at the address at 40:67, of {ROUNDS} INITs")], FIRST)


@test(2, "the state after it: CR0, DR7, the APIC, an MSR")
def state_after(bench: Bench) -> None:
    boot = itself(bench)
    values(bench, boot, [("cr0", 0x10, "CR0, which had CD and NW clear before INIT"), ("dr7", 0x400, "DR7"),
                         ("msr174", 0x12345678, "MSR 174H, which was 12345678H before INIT")], WRITE)
    values(bench, boot, [("svr", 0xFF, "the APIC's SVR after INIT"), ("tpr", 0, "the APIC's TPR after INIT"),
                         ("id", 0, "by how much the APIC ID differs after INIT")], APIC)


@test(2, "an INIT that the BIOS knows nothing of: the guest begins anew at its boot sector")
def without_the_bios(bench: Bench) -> None:
    boot = bench.boot("self.asm", "SHUTDOWN=0")
    values(bench, boot, [("boots", 2, "how often the boot sector was executed, with CMOS 0Fh = 0")], FIRST)


@test(3, "SIPI: CS and IP come from its vector")
def sipi_vector(bench: Bench) -> None:
    boot = second(bench)
    values(bench, boot, [("starts", 1, "how often the second processor began, after one INIT and one SIPI")],
           "wait_for_sipi() and init_receive_sipi() in hv/init/receive.c: who sets waits_for_sipi, who clears it?")
    values(bench, boot, [("began1", 0x20000, "CS base + IP after a SIPI with vector 20H"),
                         ("began2", 0x31000, "CS base + IP after a SIPI with vector 31H"),
                         ("cs1", 0x2000, "the selector in CS after a SIPI with vector 20H"),
                         ("cs2", 0x3100, "the selector in CS after a SIPI with vector 31H")], SIPI)


@test(3, "EDX is the processor's signature, the other general registers are 0")
def general_registers(bench: Bench) -> None:
    boot = second(bench)
    values(bench, boot, [("edx", boot.values.get("signature", 0), "EDX, which is CPUID.01H:EAX after INIT")],
           WRITE)
    values(bench, boot, [(name, 0, name.upper()) for name in ("eax", "ebx", "ecx", "esi", "edi", "esp", "ebp")], WRITE)


@test(2, "CR0 to CR4: real mode, and CD and NW as they were")
def control_registers(bench: Bench) -> None:
    values(bench, second(bench), [("cr01", 0x60000010, "CR0, which had CD and NW set before INIT"),
                                  ("cr0", 0x40000010, "CR0, which had CD set and NW clear before INIT, "
                                   "and WP and TS set"),
                                  ("cr2", 0, "CR2"), ("cr3", 0, "CR3"), ("cr4", 0, "CR4")], WRITE)


@test(2, "EFLAGS, segments, debug registers")
def other_registers(bench: Bench) -> None:
    values(bench, second(bench), [
        ("eflags", 2, "EFLAGS"), *((name, 0, name.upper()) for name in ("ss", "ds", "es", "fs", "gs")),
        ("idtr", 0, "the base in IDTR"), ("dr0", 0, "DR0"), ("dr6", 0xFFFF0FF0, "DR6"), ("dr7", 0x400, "DR7")],
           WRITE)


@test(2, "INIT keeps the MSRs")
def msrs_kept(bench: Bench) -> None:
    values(bench, second(bench), [
        ("msr174", 0x12345678, "MSR 174H, IA32_SYSENTER_CS, which INIT does not change"),
        ("msr175", 0x23456789, "MSR 175H, IA32_SYSENTER_ESP, which INIT does not change"),
        ("msr176", 0x3456789A, "MSR 176H, IA32_SYSENTER_EIP, which INIT does not change"),
        ("msr277", 0x70006, "MSR 277H, IA32_PAT, its low half, which INIT does not change")],
           f'what the VMCS has of the MSRs; {STATES}')


@test(2, "INIT resets the APIC, but not its ID")
def apic_reset(bench: Bench) -> None:
    values(bench, second(bench), [("svr", 0xFF, "the APIC's SVR after INIT"),
                                  ("tpr", 0, "the APIC's TPR after INIT"),
                                  ("id", 0x1000000, "the register with the APIC ID after INIT")], APIC)


@test(2, "a processor that does not wait for a SIPI ignores it")
def second_sipi(bench: Bench) -> None:
    values(bench, second(bench), [
        ("while_running", 0, "how often two SIPIs started a processor that runs"),
        ("two", 1, "how often INIT, SIPI 20H, SIPI 31H started it: a second SIPI is ignored"),
        ("two_began", 0x20000, "where INIT, SIPI 20H, SIPI 31H started it: a second SIPI is ignored")], SIPI)


@test(2, "INIT stops a processor that runs, halts or waits; the next SIPI starts it")
def any_activity(bench: Bench) -> None:
    where = "wait_for_sipi() and init_receive_sipi() in hv/init/receive.c: the activity state, and waits_for_sipi"
    values(bench, second(bench), [
        ("ran_on", 0, "what it counted between INIT and SIPI"),
        ("bios", 0, "how often it began in the BIOS in place of waiting for a SIPI"),
        *((name, 1, f"how often INIT and SIPI started one that was {name} before")
          for name in ("waiting", "halted", "running"))], where)


@test(2, "INIT, SIPI and SIPI in one breath, 100 times: none is lost")
def hundred_rounds(bench: Bench) -> None:
    values(bench, second(bench), [("rounds", ROUNDS, f"starts in {ROUNDS} rounds")], SIPI)


@test(3, "a real INIT that stays pending: noticed after eight exits, and each time anew")
def sticky_init(bench: Bench) -> None:
    boot = bench.boot("self.asm", options=["apic=off", "init=auto", STOP])
    values(bench, boot, [("came", ROUNDS, f"how often the guest went on after a real INIT, of {ROUNDS}")], STORM)
    # Eight exits each on Bochs 2.7; one where the exit clears the pending INIT.
    exits = boot.exits.get("INIT signal", 0)
    bench.expect(exits, ROUNDS if exits == ROUNDS else 8 * ROUNDS, f"INIT exits for {ROUNDS} real INITs", STORM)
