"""Random instructions in every mode of the processor, natively and under hv16: what came of each
must be the same. `make fuzz` types it; --help has the options.

A seed stands for its cases. After a run hv16's code and constants are compared with what was
loaded, its log is looked through, and its counters must add up. A difference is shown as one case:
its mode, seed, batch and index, its bytes, and both states.
"""

import argparse
import re
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import generate
import runs
from case import TF, Batch, Case
from layout import AT, BITS, FLAT, mode_name
from runs import Outcome

MODES = ("off", "mmio", "tpr", "apicv", "x2apic")
LOST_AT_MOST = 20  # cases of a seed that end the guest natively as well, or keep it for ever
BATCH_TIMEOUT = 30  # seconds, of which a batch needs about three
# Lines of the log that a run may have. All else is looked at by a person.
EXPECTED = re.compile(
    r"hv16: (options|boot drive|hidden|guest|resident|counters|apic|end):? |hv16: \d+ pages of|"
    r"hv16: cpu 0: \d+ exits: |hv16: the guest's microcode update is ignored|"
    r"hv16: hidden memory: the guest (reads|writes) |"
    r"hv16: hypercall \d+ does not exist")


@dataclass
class Find:
    """What one seed showed in one mode, in words; and the case, if there is one."""

    text: str
    batch: int = -1
    index: int = -1


@dataclass
class Run:
    """All about one seed."""

    folder: Path
    seed: int
    count: int
    timeout: float
    sets: bytes = b""
    batches: list[Batch] = field(default_factory=list)
    native: Outcome | None = None

    def execute(self, mode: str | None, batches: list[Batch], detail=(-1, -1)) -> Outcome:
        options = [] if mode is None else [f"apic={mode}"]
        timeout = self.timeout if len(batches) > 1 else min(self.timeout, BATCH_TIMEOUT)
        return runs.execute(self.folder, self.sets, batches, mode is None, options, detail, timeout)


def prefix(batch: Batch, count: int) -> list[Batch]:
    return [Batch(batch.mode, batch.cases[:count])]


def first(count: int, is_bad) -> int:
    """The least n for which is_bad(n), if is_bad(count)."""
    low, high = 0, count
    while high - low > 1:
        middle = (low + high) // 2
        if is_bad(middle):
            high = middle
        else:
            low = middle
    return high


def start(folder: Path, seed: int, count: int, timeout: float) -> tuple[Run, list[str]]:
    """The native run. A case that ends the guest there is left out, and said."""
    run, lost = Run(folder, seed, count, timeout), []
    run.sets, run.batches = generate.make(seed, count)
    while True:
        run.native = run.execute(None, run.batches)
        if run.native.ended == "until" and run.native.progress[0] == len(run.batches):
            return run, lost
        if len(lost) == LOST_AT_MOST:
            raise SystemExit(f"fuzz: seed {seed} ends the guest natively {LOST_AT_MOST} times")
        number, index = run.native.progress
        if number >= len(run.batches):  # even that is overwritten: which batch was it?
            number = first(len(run.batches), lambda n: not done(run, run.batches[:n])) - 1
        batch = run.batches[number]
        if not done(run, prefix(batch, index)) or done(run, prefix(batch, index + 1)):
            index = first(len(batch.cases), lambda n: not done(run, prefix(batch, n))) - 1
        lost.append(f"seed {seed}, batch {number}, index {index} ends the guest natively: "
                    f"left out: {describe(batch.mode, batch.cases[index])}")
        batch.cases[index] = Case(b"\x90")


def done(run: Run, batches: list[Batch]) -> bool:
    return run.execute(None, batches).ended == "until"


# --- What must hold --------------------------------------------------------------------------------

def check_run(ours: Outcome) -> str:
    if ours.ended != "end":
        return f"hv16 or its guest ended: {ours.message}"
    if ours.changed:
        return ours.changed
    strange = [line for line in ours.log.splitlines() if not EXPECTED.match(line)]
    if strange:
        return f"unexpected in the log: {strange[0]}"
    logged = {name: int(number) for number, name in re.findall(
        r"^hv16: cpu 0: (\d+) exits: (.*) \(\d+\)$", ours.log, re.MULTILINE)}
    if logged != ours.exits or sum(logged.values()) != ours.exits_total:
        return f"the counters do not add up: {logged} in the log, {ours.exits} in memory"
    return ""


def differing(native: Outcome, ours: Outcome) -> tuple[int, int] | None:
    """Batch and index of the first case with another state; index -1 if only a batch's data are."""
    for number, (want, have) in enumerate(zip(native.results, ours.results)):
        if want != have:
            for index in range(len(want) // 8):
                if want[8 * index:8 * index + 4] != have[8 * index:8 * index + 4]:
                    return number, index
        if native.sums[number] != ours.sums[number]:
            return number, -1
    return None


def compare(run: Run, mode: str) -> tuple[Outcome, Find | None]:
    ours = run.execute(mode, run.batches)
    wrong = check_run(ours)
    if wrong:
        number, index = ours.progress
        place = ""
        if number < len(run.batches) and index < len(run.batches[number].cases):
            batch = run.batches[number]
            place = f"\nat batch {number}, index {index}: {describe(batch.mode, batch.cases[index])}"
        return ours, Find(wrong + place, number, index)
    place = differing(run.native, ours)
    return ours, explain(run, mode, *place) if place else None


# --- A find, made small ----------------------------------------------------------------------------

def explain(run: Run, mode: str, number: int, index: int) -> Find:
    batch = run.batches[number]
    if index < 0:
        def is_bad(count: int) -> bool:
            want, have = (run.execute(m, prefix(batch, count)).sums for m in (None, mode))
            return want != have
        if not is_bad(len(batch.cases)):
            return Find(f"batch {number}'s data differ, but not when it runs alone", number)
        index = first(len(batch.cases), is_bad) - 1
    case = batch.cases[index]
    alone = [Batch(batch.mode, [case])]
    text = [f"{describe(batch.mode, case)}"]
    for what, batches, place in (
            ("alone", alone, (0, 0)),
            ("after the cases of its batch", prefix(batch, index + 1), (0, index)),
            ("after all cases before it", run.batches, (number, index))):
        want, have = (run.execute(m, batches, place) for m in (None, mode))
        if differing(want, have):
            text += [f"{what}, natively and under hv16:", *states(want.detail, have.detail)]
            break
    return Find("\n".join(text), number, index)


def describe(mode: int, case: Case) -> str:
    bits = BITS[mode & ~FLAT]
    listing = ""
    try:
        with tempfile.NamedTemporaryFile() as file:
            file.write(case.code)
            file.flush()
            listing = subprocess.run(["ndisasm", "-b", str(bits), file.name], check=True, text=True,
                                     stdout=subprocess.PIPE).stdout
    except (OSError, subprocess.CalledProcessError):
        pass
    lines = [line.split(None, 2)[2] for line in listing.splitlines() if line.count(" ") > 2]
    shown = lines[:1] if case.kind & TF else lines[:2]
    return (f"{mode_name(mode)}: {case.code.hex(' ')} ({'; '.join(shown)}), kind {case.kind}, set "
            f"{case.registers}, flags {case.flags:x}, EAX {case.eax:x}, ECX {case.ecx:x}, "
            f"EDX {case.edx:x}")


def states(native: bytes, ours: bytes) -> list[str]:
    names = {value: name[2:] for name, value in AT.items()
             if name.startswith("F_") and not name.startswith(("F_DWORDS", "F_GPR64"))}
    for register in range(16):
        for half in range(2):
            names[AT["F_GPR64"] + 8 * register + 4 * half] = (
                f"{'RAX RCX RDX RBX RSP RBP RSI RDI'.split()[register] if register < 8 else f'R{register}'}"
                f"{'' if half == 0 else ' high'}")
    lines = []
    for at in range(0, 4 * AT["F_DWORDS64"], 4):
        want, have = (struct.unpack_from("<I", state, at)[0] for state in (native, ours))
        if want != have or at <= AT["F_FLAGS"]:
            mark = "" if want == have else "   <- differs"
            lines.append(f"  {names.get(at, at)!s:10} {want:08x} {have:08x}{mark}")
    return lines


# --- Many seeds ------------------------------------------------------------------------------------

def fuzz(folder: Path, seed: int, count: int, modes: list[str], timeout: float,
         say=print) -> list[str]:
    """One seed in some modes. Returns what was found, in words."""
    run, lost = start(folder, seed, count, timeout)
    found = []
    for line in lost:
        say(f"fuzz: {line}")
    for mode in modes:
        ours, find = compare(run, mode)
        say(f"fuzz: seed {seed}, apic={mode}: {count:,} cases, {ours.exits_total:,} exits: "
            + ("as natively" if find is None else "DIFFERENT"))
        if find:
            found.append(f"seed {seed}, apic={mode}, batch {find.batch}, index {find.index}: "
                         f"{find.text}")
            say(found[-1])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=0, help="how many; 0: until the time is over")
    parser.add_argument("--seconds", type=float, default=60, help="begin no seed after these")
    parser.add_argument("--cases", type=int, default=100_000, help="of each seed")
    parser.add_argument("--apic", default=",".join(MODES), help="hv16's modes, with commas")
    parser.add_argument("--out", type=Path, default=None, help="a folder for the runs' files")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one run")
    args = parser.parse_args()
    folder = args.out or Path(tempfile.mkdtemp(prefix="hv16-fuzz-"))
    end, seed, found = time.monotonic() + args.seconds, args.seed, []
    while (seed - args.seed < args.seeds if args.seeds
           else seed == args.seed or time.monotonic() < end):
        found += fuzz(folder, seed, args.cases, args.apic.split(","), args.timeout,
                      lambda text: print(text, flush=True))
        seed += 1
    print(f"fuzz: {seed - args.seed} seeds, {(seed - args.seed) * args.cases:,} cases in each mode, "
          f"finds: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
