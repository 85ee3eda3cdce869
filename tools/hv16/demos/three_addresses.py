"""The demo "three-addresses": who handles an access to the APIC, and at which address."""

import re

from hv16.demos.demo import Demo
from hv16.demos.modes import EVERY_MODE, X2APIC_MODES, Outcome

WAY_EXITS = {"mmio": {"page": 1000, "cr8": 1000}, "tpr-ro": {"page": 1000}}  # elsewhere none


def exits_by_way(outcome: Outcome) -> dict[str, int]:
    """Exits of 1000 writes, by way: page, cr8, msr."""
    found = re.findall(r"^three-addresses: by (\w+), exits (\d+),", outcome.serial, re.MULTILINE)
    ways: dict[str, int] = {}
    for way, exits in found:
        ways[way] = max(ways.get(way, 0), int(exits))
    return ways


def problem(outcome: Outcome) -> str:
    mode, ways = outcome.case.mode, exits_by_way(outcome)
    if outcome.verdict != "ok":
        return outcome.reason or outcome.verdict
    for way in ("page", "cr8", *(["msr"] if mode in X2APIC_MODES else [])):
        if way not in ways:
            return f"TPR was not written by {way}"
    for way, exits in ways.items():
        expected = WAY_EXITS.get(mode, {}).get(way, 0)
        if exits != expected:
            return f"1,000 writes of TPR by {way} made {exits:,} exits, expected {expected:,}"
    return addresses_problem(outcome)


def addresses_problem(outcome: Outcome) -> str:
    found = {key: outcome.values.get(key, "none").split()[0].rstrip(",")
             for key in ("guest-base", "apic-access", "virtual-apic")}
    none = [key for key, address in found.items() if address == "none"]
    if none and (outcome.case.mode not in ("off", "mmio") or "guest-base" in none):
        return f"there is no {none[0]} address"
    pages = [int(address, 16) >> 12 for address in found.values() if address != "none"]
    if len(set(pages)) != len(pages):
        return "two of the addresses are the same page"
    return others_problem(outcome, found["apic-access"], found["virtual-apic"])


def others_problem(outcome: Outcome, access: str, virtual: str) -> str:
    """All processors of a guest share one APIC-access page, and none a virtual-APIC page."""
    if outcome.case.mode == "off":
        return ""  # they are the machine's
    if not outcome.others:
        return "no other processor has answered"
    pages = [virtual.replace("none", "00000000")]
    for cpu, text in outcome.others.items():
        words = dict(re.findall(r"([\w-]+) ([0-9A-F]{8})", text))
        if words.get("apic-access") != access.replace("none", "00000000"):
            return f"{cpu} has another APIC-access address"
        pages.append(words.get("virtual-apic", ""))
    shared = len(set(pages)) < len(pages)
    return "two processors share a virtual-APIC page" if shared and virtual != "none" else ""


def cells(outcome: Outcome) -> list[str]:
    ways = exits_by_way(outcome)
    addresses = [outcome.values.get(key, "-").split()[0].rstrip(",").replace("none", "-")
                 for key in ("guest-base", "machine-base", "apic-access", "virtual-apic")]
    addresses += [text.rsplit(" ", 1)[1].replace("00000000", "-")
                  for text in outcome.others.values()][:1] or ["-"]
    return addresses + [f"{ways[way]:,}" if way in ways else "-" for way in ("page", "msr", "cr8")]


def notes(_: list[Outcome]) -> list[str]:
    return ["Addresses: IA32_APIC_BASE as the guest reads it, as the machine has it, and the two "
            "fields of the VMCS.", "Exits: of 1,000 writes of TPR, by the page at IA32_APIC_BASE "
            "(offset 80H), by MSR 808H, by MOV CR8.", "After each, every other way must read what "
            "was written."]


TEXT = """\
The question (docs/questions.md, question 3): what are the three addresses for, and is the
virtual-APIC page only for TPR?

IA32_APIC_BASE is where software looks: the guest's own, which it may move, and the machine's,
which no guest should reach. The APIC-access address is a mark and no memory: EPT leads the guest's
accesses to its page there, and the processor handles those by itself. Nothing is ever stored in
that page, so all processors of a guest can share it, and one EPT. The virtual-APIC address is the
page that holds the registers, one for each processor.

Three ways lead to its offset 80H: the APIC-access page, MSR 808H, and MOV CR8. The table counts
exits for each. With TPR shadow alone (tpr) that is all the page is for. APIC-register
virtualization (apicv, x2apic) makes it the whole APIC: reads of nearly every register come from
it, and virtual-interrupt delivery finds IRR and ISR there."""

DEMO = Demo(
    about="IA32_APIC_BASE, APIC-access address, virtual-APIC address: which is which",
    cases=EVERY_MODE, titles=["guest's base", "machine's", "APIC-access", "virtual-APIC",
                              "of CPU 1", "page", "MSR", "CR8"],
    cells=cells, problem=problem, notes=notes, text=TEXT, cpus=2)
