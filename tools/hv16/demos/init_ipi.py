"""The demo "init-ipi": a guest that sends itself an INIT, and what hv16 can do about it."""

from hv16.demos.demo import Demo
from hv16.demos.modes import EVERY_MODE, Case, Outcome

INIT_STORM = 10_000  # exits that hv16 takes for proof
STAGED = "sticky-init"  # where the exit clears the INIT, as it should: a storm all the same
# On Bochs 2.7, and on later ones, where the exit clears the INIT. In other modes there are none.
INIT_EXITS = {
    Case("off", init="storm"): (1,), Case("off", init="ack"): (2, 1), Case("off"): (8, 1),
    Case("off", STAGED, "storm"): (INIT_STORM,), Case("off", STAGED, "ack"): (2,),
    Case("off", STAGED): (8,),
}


def cases() -> list[Case]:
    return [*[Case("off", bug, init) for bug in ("", STAGED) for init in ("storm", "ack", "")],
            *[case for case in EVERY_MODE if case.mode != "off"]]


def init_exits(outcome: Outcome) -> int:
    return outcome.exits.get("INIT signal", 0)


def problem(outcome: Outcome) -> str:
    case, exits = outcome.case, init_exits(outcome)
    started = outcome.values.get("started", "0") != "0"
    if not started:
        return "the second processor has not been started"
    if case.init == "storm" and outcome.verdict == "stopped":
        return "" if exits == INIT_STORM else f"{exits:,} INIT exits, expected {INIT_STORM:,}"
    if outcome.verdict != "ok":
        return outcome.reason or outcome.verdict
    expected = INIT_EXITS.get(case, (0,))
    if exits not in expected:
        return f"{exits:,} INIT exits, expected {expected[0]}"
    return ""


def cells(outcome: Outcome) -> list[str]:
    values = outcome.values
    registers = values.get("registers", "")
    started = values.get("started", "0")
    return [f"{init_exits(outcome):,}", "goes on" if values.get("came") == "1, ok" else "0",
            "right" if registers.endswith(", ok") else "-",
            ("by SIPI" if outcome.case.mode == "off" else "started") if started != "0" else "-"]


def notes(_: list[Outcome]) -> list[str]:
    return ["INIT exits: reason 3. After it: instructions of the guest. Registers: CR0, DR7 and the "
            "APIC's SVR.", "bug=sticky-init: hv16 sends the INIT anew at each entry, so that every "
            "emulator has the storm.", "CPU 1: started by INIT, SIPI and SIPI; with apic=off by SIPIs alone, "
            "for there an INIT stays pending, too."]


TEXT = """\
The question (docs/questions.md, question 1): a guest sends itself an INIT through the APIC. The
hypervisor handles exit 3, resets the guest's registers, resumes, and gets exit 3 again, for ever, the
guest's RIP still where it was put. How is the INIT to be acknowledged?

On a processor, by nothing: the exit has done it. Resetting the guest and resuming is right (apic=off
on Bochs 2.8 and later: one exit). An emulator that leaves the INIT pending, as Bochs does up to 2.7,
exits again at each entry, and no field of the VMCS and no bit of the APIC helps, because INITs are
blocked, not cleared, while the hypervisor runs. bug=sticky-init stages just that where it is not so.
What it takes is VMXOFF: then the INIT comes, resets the processor for real, and the BIOS is told to
lead back (CMOS 0Fh, 40:67), where VMX begins anew with the old VMCS (init=ack). The simpler way that
the author hoped to avoid is the better one: virtualize the APIC, so that the guest's write to the
command register exits, and no INIT is ever sent. It also brings up the second processor, and costs
the guest nothing."""

DEMO = Demo(
    about="an INIT to oneself: the exit that never ends, and its answers",
    cases=cases(), titles=["INIT exits", "after it", "registers", "CPU 1"],
    cells=cells, problem=problem, notes=notes, text=TEXT, cpus=2)
