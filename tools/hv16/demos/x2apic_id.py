"""The demo "x2apic-id": the APIC ID by RDMSR 802H, and a virtual-APIC page that nobody filled."""

from hv16.demos.demo import Demo
from hv16.demos.modes import EVERY_MODE, X2APIC_MODES, Case, Outcome

POISON = "DEADBEEF:DEADBEEF"  # what bug=raw-page leaves in the page


def problem(outcome: Outcome) -> str:
    case, value = outcome.case, outcome.values.get("rdmsr-802h", "")
    if case.bug == "raw-page":
        values = [value, *(text.split()[-1] for text in outcome.others.values())]
        wrong = [text for text in values if text != POISON]
        return f"the raw page reads {wrong[0] or outcome.verdict}" if wrong else ""
    if outcome.verdict == "FAILED" or (case.mode in X2APIC_MODES and outcome.verdict != "ok"):
        return outcome.reason or outcome.verdict
    if case.mode not in ("off", *X2APIC_MODES) and outcome.verdict != "skipped":
        return "there is an x2APIC where there should be none"
    told = "00000000:" + cells(outcome)[0]
    if outcome.verdict == "ok" and value != told:
        return f"RDMSR 802H reads {value or 'nothing'}, expected {told}"
    if case.mode in X2APIC_MODES and not outcome.others:
        return "no other processor has answered"
    for cpu, text in outcome.others.items():
        if text != f"rdmsr-802h 00000000:{int(cpu[4:], 16):08X}":
            return f"{cpu}: {text}"
    return ""


def cells(outcome: Outcome) -> list[str]:
    values = outcome.values
    return [values.get("cpuid-0bh", values.get("cpuid-01h", "-")), values.get("rdmsr-802h", "-"),
            next(iter(outcome.others.values()), "-").removeprefix("rdmsr-802h ")]


def notes(_: list[Outcome]) -> list[str]:
    return ["RDMSR 802H: EDX:EAX in hex. Skipped: CPUID shows the guest no x2APIC in that mode."]


TEXT = """\
The question (docs/questions.md, question 4): with x2APIC virtualization on, RDMSR 802H returns
2621447225 on every core. Why is it not the APIC ID?

Because nobody wrote the ID there. With APIC-register virtualization the processor answers RDMSR of
8xxH with the 8 bytes at offset xx0H of the virtual-APIC page, and asks no APIC. The page is plain
memory: what it held before is what the guest reads, the same on all processors if they share it or
got pages filled alike. bug=raw-page does that with DEADBEEFH.

So each virtual processor gets a page of its own, cleared, with ID (20H), version (30H), LDR (D0H)
and the other registers set to their values after reset. In x2APIC mode ID and LDR are 32 bits, and
change when the guest sets IA32_APIC_BASE.EXTD."""

DEMO = Demo(
    about="RDMSR 802H, and a virtual-APIC page that nobody has initialised",
    cases=[*EVERY_MODE, Case("x2apic", "raw-page")], titles=["CPUID", "RDMSR 802H", "on CPU 1"],
    cells=cells, problem=problem, notes=notes, text=TEXT, cpus=2)
