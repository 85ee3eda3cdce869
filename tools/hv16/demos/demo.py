"""`demo`: one demo of guest16 in every APIC mode, in one table, and what it must show.

Each demo answers a question that somebody asked; the file with the question is named below the
table. A demo fails when the table is not what the answer says.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hv16 import models, reasons, run
from hv16.demos import ipi, spinlocks
from hv16.demos.modes import Case, Outcome, pairs, run_case, table
from hv16.demos.texts import TEXTS
from hv16.paths import EXIT_OK, EXIT_STOPPED, ROOT, fail
from hv16.run import RunRequest

OUT = ROOT / "out" / "demo"
WITHOUT_BUG = [Case(mode) for mode in models.APIC_MODES]
X2APIC_MODES = ("x2apic", "posted")
TPR_OPERATIONS = 40_000  # of tpr-shadow: 10,000 pairs, two writes and two reads in each
TPR_EXITS = {"mmio": TPR_OPERATIONS, "tpr-ro": TPR_OPERATIONS // 2}  # of those; elsewhere none
WAY_EXITS = {"mmio": {"page": 1000, "cr8": 1000}, "tpr-ro": {"page": 1000}}  # elsewhere none
TPR_BITES = {  # what the bugs must do, and where; elsewhere nothing
    Case("tpr", "stale-tpr"): "IRQL violation",
    Case("tpr", "no-threshold"): "lost interrupt",
}
INIT_STORM = 10_000  # exits that hv16 takes for proof
STAGED = "sticky-init"  # where the exit clears the INIT, as it should: a storm all the same
INIT_EXITS = {  # where the exit clears the INIT one; with other modes none
    Case("off", init="storm"): (1,), Case("off", init="ack"): (2, 1), Case("off"): (8, 1),
    Case("off", STAGED, "storm"): (INIT_STORM,), Case("off", STAGED, "ack"): (2,),
    Case("off", STAGED): (8,),
}
POISON = "DEADBEEF:DEADBEEF"


# --- tpr-shadow ------------------------------------------------------------------------------------


def tpr_cases() -> list[Case]:
    return WITHOUT_BUG + [Case(mode, bug) for mode in ("mmio", "tpr-ro", "tpr")
                          for bug in ("stale-tpr", "no-threshold")]


def tpr_problem(outcome: Outcome) -> str:
    bite = TPR_BITES.get(outcome.case)
    if bite:
        if outcome.reason == bite:
            return ""
        return f"the bug does not bite: expected {bite}, was {outcome.reason or outcome.verdict}"
    if outcome.verdict != "ok":
        return outcome.reason or outcome.verdict
    if outcome.values.get("order") != "ok" or outcome.values.get("delivered") != "2000":
        return "not all interrupts came in order"
    if "tpr-exits" not in outcome.values:
        return "the exits of accesses to TPR were not counted"
    exits = sum(pairs(outcome.values["tpr-exits"]).values())
    expected = TPR_EXITS.get(outcome.case.mode, 0)
    return "" if exits == expected else (f"{TPR_OPERATIONS:,} accesses to TPR made {exits:,} exits,"
                                         f" expected {expected:,}")


def tpr_cells(outcome: Outcome) -> list[str]:
    values = outcome.values
    exits = ", ".join(f"{reason}: {count:,}" for reason, count
                      in pairs(values.get("exits", "")).items())
    per_access = sum(pairs(values.get("tpr-exits", "")).values()) / TPR_OPERATIONS
    delivered = values.get("delivered")
    return [f"{per_access:.2f}" if "tpr-exits" in values else "-", values.get("ticks-per-op", "-"),
            (exits or "none") if "exits" in values else "-",
            f"{int(delivered):,}" if delivered else "-", values.get("latency", "-"),
            values.get("order", "-")]


def tpr_notes(outcomes: list[Outcome]) -> list[str]:
    seen = sorted({reason for outcome in outcomes
                   for reason in pairs(outcome.values.get("exits", ""))})
    names = ", ".join(f"{reason} {reasons.name(reason)}" for reason in seen)
    ticks = {outcome.case.mode: float(outcome.values["ticks-per-op"]) for outcome in outcomes
             if outcome.ran and not outcome.case.bug and "ticks-per-op" in outcome.values}
    notes = ["Exits and ticks per access: 10,000 pairs in peace, 40,000 accesses to TPR. Exits by "
             "reason, interrupts,", "order: 10,000 pairs, and in each 20th of them four interrupts."
             " Latency: ticks from the request", "to the handler's first instruction."]
    if names:
        notes.append(f"Exit reasons: {names}.")
    if ticks.get("mmio") and ticks.get("tpr"):
        notes.append(f"An access to TPR costs {ticks['mmio']:g} ticks in mmio and {ticks['tpr']:g} "
                     f"in tpr: {ticks['mmio'] / ticks['tpr']:,.0f} times less.")
    return notes


# --- three-addresses -------------------------------------------------------------------------------


def three_ways(outcome: Outcome) -> dict[str, int]:
    """Exits of 1000 writes, by way: page, cr8, msr."""
    found = re.findall(r"^three-addresses: by (\w+), exits (\d+),", outcome.serial, re.MULTILINE)
    ways: dict[str, int] = {}
    for way, exits in found:
        ways[way] = max(ways.get(way, 0), int(exits))
    return ways


def three_problem(outcome: Outcome) -> str:
    mode, ways = outcome.case.mode, three_ways(outcome)
    if outcome.verdict != "ok":
        return outcome.reason or outcome.verdict
    for way in ("page", "cr8", *(["msr"] if mode in X2APIC_MODES else [])):
        if way not in ways:
            return f"TPR was not written by {way}"
    for way, exits in ways.items():
        expected = WAY_EXITS.get(mode, {}).get(way, 0)
        if exits != expected:
            return f"1,000 writes of TPR by {way} made {exits:,} exits, expected {expected:,}"
    return three_addresses_problem(outcome)


def three_addresses_problem(outcome: Outcome) -> str:
    found = {key: outcome.values.get(key, "none").split()[0].rstrip(",")
             for key in ("guest-base", "apic-access", "virtual-apic")}
    none = [key for key, address in found.items() if address == "none"]
    if none and (outcome.case.mode not in ("off", "mmio") or "guest-base" in none):
        return f"there is no {none[0]} address"
    pages = [int(address, 16) >> 12 for address in found.values() if address != "none"]
    if len(set(pages)) != len(pages):
        return "two of the addresses are the same page"
    return three_others_problem(outcome, found["apic-access"], found["virtual-apic"])


def others(outcome: Outcome) -> dict[str, str]:
    """What the other processors found, by their names."""
    return {key: value for key, value in outcome.values.items() if key.startswith("cpu-")}


def three_others_problem(outcome: Outcome, access: str, virtual: str) -> str:
    """All processors of a guest share one APIC-access page, and none a virtual-APIC page."""
    if outcome.case.mode == "off":
        return ""  # they are the machine's
    if not others(outcome):
        return "no other processor has answered"
    pages = [virtual.replace("none", "00000000")]
    for cpu, text in others(outcome).items():
        words = dict(re.findall(r"([\w-]+) ([0-9A-F]{8})", text))
        if words.get("apic-access") != access.replace("none", "00000000"):
            return f"{cpu} has another APIC-access address"
        pages.append(words.get("virtual-apic", ""))
    shared = len(set(pages)) < len(pages)
    return "two processors share a virtual-APIC page" if shared and virtual != "none" else ""


def three_cells(outcome: Outcome) -> list[str]:
    ways = three_ways(outcome)
    addresses = [outcome.values.get(key, "-").split()[0].rstrip(",").replace("none", "-")
                 for key in ("guest-base", "machine-base", "apic-access", "virtual-apic")]
    addresses += [text.rsplit(" ", 1)[1].replace("00000000", "-")
                  for text in others(outcome).values()][:1] or ["-"]
    return addresses + [f"{ways[way]:,}" if way in ways else "-" for way in ("page", "msr", "cr8")]


def three_notes(_: list[Outcome]) -> list[str]:
    return ["Addresses: IA32_APIC_BASE as the guest reads it, as the machine has it, and the two "
            "fields of the VMCS.", "Exits: of 1,000 writes of TPR, by the page at IA32_APIC_BASE "
            "(offset 80H), by MSR 808H, by MOV CR8.", "After each, every other way must read what "
            "was written."]


# --- x2apic-id -------------------------------------------------------------------------------------


def x2apic_problem(outcome: Outcome) -> str:
    case, value = outcome.case, outcome.values.get("rdmsr-802h", "")
    if case.bug == "raw-page":
        values = [value, *(text.split()[-1] for text in others(outcome).values())]
        wrong = [text for text in values if text != POISON]
        return f"the raw page reads {wrong[0] or outcome.verdict}" if wrong else ""
    if outcome.verdict == "FAILED" or (case.mode in X2APIC_MODES and outcome.verdict != "ok"):
        return outcome.reason or outcome.verdict
    if case.mode not in ("off", *X2APIC_MODES) and outcome.verdict != "skipped":
        return "there is an x2APIC where there should be none"
    told = "00000000:" + x2apic_cells(outcome)[0]
    if outcome.verdict == "ok" and value != told:
        return f"RDMSR 802H reads {value or 'nothing'}, expected {told}"
    if case.mode in X2APIC_MODES and not others(outcome):
        return "no other processor has answered"
    for cpu, text in others(outcome).items():
        if text != f"rdmsr-802h 00000000:{int(cpu[4:], 16):08X}":
            return f"{cpu}: {text}"
    return ""


def x2apic_cells(outcome: Outcome) -> list[str]:
    values = outcome.values
    return [values.get("cpuid-0bh", values.get("cpuid-01h", "-")), values.get("rdmsr-802h", "-"),
            next(iter(others(outcome).values()), "-").removeprefix("rdmsr-802h ")]


def x2apic_notes(_: list[Outcome]) -> list[str]:
    return ["RDMSR 802H: EDX:EAX in hex. Skipped: CPUID shows the guest no x2APIC in that mode."]


# --- init-ipi --------------------------------------------------------------------------------------


def init_cases() -> list[Case]:
    return [*[Case("off", bug, init) for bug in ("", STAGED) for init in ("storm", "ack", "")],
            *[case for case in WITHOUT_BUG if case.mode != "off"]]


def init_exits(outcome: Outcome) -> int:
    return outcome.exits.get("INIT signal", 0)


def init_problem(outcome: Outcome) -> str:
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


def init_cells(outcome: Outcome) -> list[str]:
    values = outcome.values
    registers = values.get("registers", "")
    started = values.get("started", "0")
    return [f"{init_exits(outcome):,}", "goes on" if values.get("came") == "1, ok" else "0",
            "right" if registers.endswith(", ok") else "-",
            ("by SIPI" if outcome.case.mode == "off" else "started") if started != "0" else "-"]


def init_notes(_: list[Outcome]) -> list[str]:
    return ["INIT exits: reason 3. After it: instructions of the guest. Registers: CR0, DR7 and the "
            "APIC's SVR.", "bug=sticky-init: hv16 sends the INIT anew at each entry, so that every "
            "emulator has the storm.", "CPU 1: started by INIT, SIPI and SIPI; with apic=off by SIPIs alone, "
            "for there an INIT stays pending, too."]


# --- Every demo --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Demo:
    """How one demo is run, shown and judged."""

    about: str
    cases: list[Case]
    titles: list[str]  # between "apic=" and "verdict"
    cells: Callable[[Outcome], list[str]]
    problem: Callable[[Outcome], str]  # what is not as it must be; empty if nothing
    notes: Callable[[list[Outcome]], list[str]]
    # Titles and rows of another table than one with a row for each case.
    rows: Callable[[list[Outcome]], tuple[list[str], list[list[str]]]] | None = None
    differences: Callable[[list[Outcome]], dict[str, str]] | None = None  # between the cases
    cpus: int = 1  # processors it needs
    cpu: str = ""  # the model that shows most


DEMOS = {
    "tpr-shadow": Demo(
        "what a change of the task priority costs, and what goes wrong when it is free",
        tpr_cases(), ["exits/access", "ticks/access", "exits by reason", "interrupts", "latency",
                      "order"], tpr_cells, tpr_problem, tpr_notes),
    "spinlocks": Demo(
        "two locks, a timer and the work it puts off: what waits for what, and how it is noticed",
        WITHOUT_BUG, [], lambda _: [], spinlocks.problem, spinlocks.notes, spinlocks.rows,
        spinlocks.differences),
    "three-addresses": Demo(
        "IA32_APIC_BASE, APIC-access address, virtual-APIC address: which is which",
        WITHOUT_BUG, ["guest's base", "machine's", "APIC-access", "virtual-APIC", "of CPU 1",
                      "page", "MSR", "CR8"], three_cells, three_problem, three_notes, cpus=2),
    "x2apic-id": Demo(
        "RDMSR 802H, and a virtual-APIC page that nobody has initialised",
        [*WITHOUT_BUG, Case("x2apic", "raw-page")], ["CPUID", "RDMSR 802H", "on CPU 1"],
        x2apic_cells, x2apic_problem, x2apic_notes, cpus=2),
    "init-ipi": Demo(
        "an INIT to oneself: the exit that never ends, and its answers",
        init_cases(), ["INIT exits", "after it", "registers", "CPU 1"], init_cells, init_problem,
        init_notes, cpus=2),
    "ipi": Demo(
        "interrupts to the second processor, which is busy: what each one costs there",
        WITHOUT_BUG, ["sender", "its exits", "receiver", "the receiver's exits"], ipi.cells,
        ipi.problem, ipi.notes, cpus=2, cpu="corei7_skylake_x"),
}


def judge(demo: Demo, outcome: Outcome) -> tuple[list[str], str]:
    """A row of the table, and what is wrong with it."""
    blank = ["-"] * len(demo.titles)
    if outcome.lacks:
        return [outcome.case.label, *blank, f"not here: {outcome.lacks}"], ""
    if outcome.problem:
        return [outcome.case.label, *blank, "WRONG"], outcome.problem
    problem = demo.problem(outcome)
    verdict = "WRONG" if problem else "ok" if outcome.verdict == "ok" else (
        "skipped" if outcome.verdict == "skipped" else "as it must: " + outcome.reason)
    return [outcome.case.label, *demo.cells(outcome), verdict], problem


def save(file: str, name: str, titles: list[str], rows: list[list[str]],
         wrong: dict[str, str]) -> None:
    keys = [title.rstrip("=") for title in titles]
    data = {"demo": name, "rows": [dict(zip(keys, row)) for row in rows], "wrong": wrong}
    Path(file).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def list_demos() -> int:
    width = max(map(len, DEMOS))
    for name, demo in DEMOS.items():
        print(f"{name:{width}}  {demo.about} ({len(demo.cases)} runs)")
    return EXIT_OK


def demo_command(request: RunRequest, name: str, json_file: str | None) -> int:
    if not name:
        return list_demos()
    demo = DEMOS[name]
    request = replace(request, cpus=max(request.cpus, demo.cpus), cpu=request.cpu or demo.cpu)
    folder = OUT / name if request.out == run.DEFAULT_OUT else request.out
    outcomes = [run_case(request, name, case, folder) for case in demo.cases]
    judged = [judge(demo, outcome) for outcome in outcomes]
    rows = [row for row, _ in judged]
    wrong = {row[0]: problem for row, problem in judged if problem}
    if demo.differences:
        wrong = {**demo.differences(outcomes), **wrong}
    titles = ["apic=", *demo.titles, "verdict"]
    if demo.rows:
        titles, rows = demo.rows(outcomes)
    print(f"{name}: {demo.about}\n\n{table(titles, rows)}\n")
    print("\n".join(demo.notes(outcomes)) + f"\n\n{TEXTS[name]}")
    if json_file:
        save(json_file, name, titles, rows, wrong)
    for label, problem in wrong.items():
        fail(f"demo {name}, apic={label}: {problem}")
    if not wrong and not any(outcome.ran and outcome.verdict != "skipped" for outcome in outcomes):
        fail(f"demo {name}: this processor can show nothing of it; ./run.sh doctor lists others")
        return EXIT_STOPPED
    return EXIT_STOPPED if wrong else EXIT_OK
