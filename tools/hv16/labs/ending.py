"""A machine that did not come to the end of a test: which of the usual ways was it?"""

import re
from pathlib import Path

from hv16.summary import Summary, read_text

ENDLESS = 20_000  # exits of one kind in a test that has a few hundred
LOG_MAX = 32 << 10  # bytes, where a run has hung: a test's log has a few thousand
TOLD = re.compile(r"(the guest|rip|eflags|rsp|rax|rbx|rcx|rdx|rsi|rdi|cs:|CR[0234]|EFER)", re.IGNORECASE)


def state(out: Path) -> str:
    """The last guest state that the log has, and the processor's registers when it was stopped."""
    log = read_text(out / "hv.log").rstrip().splitlines()[-6:]
    registers = [line for line in read_text(out / "registers.txt").splitlines() if TOLD.match(line)]
    parts = []
    if log:
        parts.append("the log's end:\n" + "\n".join("  " + line for line in log))
    if registers:
        parts.append("the processor, when it was stopped:\n" + "\n".join("  " + line for line in registers))
    return "\n".join(parts)


def kind(report: Summary, out: Path) -> str:
    most = max(report.exits.items(), key=lambda item: item[1], default=("", 0))
    complaint = report.message
    longest = max(len(read_text(out / name)) for name in ("hv.log", "serial.txt"))
    if "log grew too long" in complaint or (report.ended == "timeout" and longest > LOG_MAX):
        return f"a log without end: {longest >> 10} KiB, and something prints for ever"
    if report.ended == "timeout" and most[1] > ENDLESS:
        return f"an endless exit loop: {most[1]:,} exits by {most[0]}, and no end"
    if report.ended == "timeout":
        return "a hang: neither the guest nor hv16 comes to an end"
    if re.search(r"3rd|no resolution|triple|shutdown", complaint):
        return f"a triple fault outside of the guest: {complaint}"
    if report.ended == "emulator":
        return f"a panic of Bochs: {complaint}"
    return complaint


def explain(report: Summary, out: Path, lab) -> str:
    text = read_text(out / "hv.log") + read_text(out / "screen.txt") + read_text(out / "serial.txt")
    stub = re.search(rf"{lab.not_implemented} \([\w/.]+:\d+\)", text.replace("\n", ""))
    if stub:
        return stub.group(0)
    other = re.search(r"LAB (\d+): not implemented", text.replace("\n", ""))
    if other:  # a handout has the solutions of none of its labs
        return (f"LAB {other.group(1)} of this handout is not implemented yet, and this test boots through "
                f"it: do that one first")
    return f"the machine did not come to its end: {kind(report, out)}\n{state(out)}"
