"""LAB 1: questions about one boot. Which ones, and on which machine, follows from the seed in work/01;
the answers are looked up in the debugger, each time, and are written nowhere.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hv16.labs.bench import Bench, Miss, Stop, test

MEMORY = range(16, 64, 2)  # MB: where hv16 hides, and so every address of it, depends on this
EXIT_REASON, GUEST_RIP = 0x4402, 0x681E  # hv/vmx/fields.h
ANSWERS, SEED = "answers.txt", "seed"


@dataclass
class Question:
    stop: str  # the place of the tour where the answer is seen
    text: str
    look: Callable[[Stop], int]


def register(name: str) -> Callable[[Stop], int]:
    return lambda stop: stop.register(name)


def choose(seed: int) -> list[Question]:
    """One question for each stop of the tour."""
    dice = random.Random(seed)
    at = dice.randrange(0x10, 0x60)
    word = 4 * dice.randrange(4, 40)
    general = dice.choice(["rsi", "rdi", "rsp"])
    return [
        Question("power-on", "the base of CS, before the first instruction of all",
                 lambda stop: stop.segment_base("cs")),
        Question("mbr", f"the byte of the MBR at {0x7C00 + at:x}H", lambda stop: stop.memory(0x7C00 + at, 1)),
        Question("stage2", f"the word of 4 bytes at {0x8000 + word:x}H",
                 lambda stop: stop.memory(0x8000 + word, 4)),
        Question("hv", "CR3, the physical address of the page tables", register("cr3")),
        Question("guest", f"{general[1:].upper()}, as the boot sector finds it", register(general)),
        Question("exit", "vmcsptr, the physical address of the VMCS", lambda stop: stop.vmcs()),
        Question("exit", "the exit reason, a number", lambda stop: stop.vmcs_field(EXIT_REASON, 4)),
        Question("exit", "the guest's RIP, where it stopped", lambda stop: stop.vmcs_field(GUEST_RIP, 8)),
    ]


def memory_of(seed: int) -> int:
    return random.Random(seed ^ 0x5EED).choice(MEMORY)


def seed_of(work: Path) -> int:
    path = work / SEED
    if not path.exists() or not path.read_text("ascii", "replace").strip().isdigit():
        raise Miss(f"{path} is not there, or has no number in it: ./run.sh lab 1 start makes it")
    return int(path.read_text("ascii"))


def run_options(work: Path) -> list[str]:
    """For `./run.sh lab 1`: the student's machine."""
    return ["--apic", "off", "--mem", str(memory_of(seed_of(work)))]


def starter(work: Path) -> None:
    """Questions for this student."""
    path = work / SEED
    if not path.exists():
        path.write_text(f"{random.SystemRandom().randrange(100000, 1000000)}\n", "ascii")
    seed = seed_of(work)
    options = " ".join(run_options(work))
    lines = ["# Your answers: a number after each colon, in hexadecimal, such as 7c00.",
             "# The stop of each question is a command:", "#"]
    stops = dict.fromkeys(question.stop for question in choose(seed))
    for stop in stops:
        lines.append(f"#   {stop:9} ./run.sh debug {stop} {options}")
    lines.append("")
    lines += [f"{number}. {question.stop}: {question.text}:" for number, question in
              enumerate(choose(seed), 1)]
    (work / ANSWERS).write_text("\n".join(lines) + "\n", "ascii")


def answer(work: Path, number: int) -> int:
    text = (work / ANSWERS).read_text("ascii", "replace")
    line = re.search(rf"^{number}\..*:[ \t]*(?:0x)?([0-9a-fA-F_]*)[hH]?[ \t]*$", text, re.MULTILINE)
    if line is None:
        raise Miss(f"question {number} has no line of its own in {ANSWERS} any more, or no number at its end")
    if not line.group(1):
        raise Miss(f"question {number} is not answered yet")
    return int(line.group(1).replace("_", ""), 16)


def check(bench: Bench, number: int) -> None:
    seed = seed_of(bench.work)
    question = choose(seed)[number - 1]
    given = answer(bench.work, number)
    stop = bench.stop_at(question.stop, options=["apic=off"], mem_mb=memory_of(seed))
    if given != question.look(stop):
        raise Miss(f"question {number}, at {question.stop}: {given:x} is not {question.text}\n"
                   f"look at it again: ./run.sh debug {question.stop} {' '.join(run_options(bench.work))}")


@test(2, "power-on: where the first instruction is")
def power_on(bench: Bench) -> None:
    check(bench, 1)


@test(3, "the MBR in memory")
def mbr(bench: Bench) -> None:
    check(bench, 2)


@test(3, "stage2 in memory")
def stage2(bench: Bench) -> None:
    check(bench, 3)


@test(3, "the hypervisor's first function")
def hypervisor(bench: Bench) -> None:
    check(bench, 4)


@test(3, "what the guest begins with")
def guest(bench: Bench) -> None:
    check(bench, 5)


@test(3, "the VMCS")
def vmcs(bench: Bench) -> None:
    check(bench, 6)


@test(3, "why the guest stopped")
def exit_reason(bench: Bench) -> None:
    check(bench, 7)


@test(3, "and where")
def exit_place(bench: Bench) -> None:
    check(bench, 8)
