"""`make audit`: the VM-entry auditor of hv/vmx/explain/ against the processor.

    python3 tests/audit/audit.py [COUNT [SEED [1]]]

hv16 is built with another exit loop, audit.c. In place of its guest it enters COUNT guests for each
of the sound VMCSs in cases.c, the one half with one field changed, the other half with two. What the
auditor and Bochs do not agree on must be in one of the two tables below, with the reason. A 1 at
the end logs each VMCS before it is tried, for when an entry ends the machine.
"""

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from hv16 import bochs_installed  # noqa: E402
from hv16.labs import tree  # noqa: E402
from hv16.run import RunRequest, execute  # noqa: E402

FILES = {"hv/vmx/loop.c": "audit.c", "hv/vmx/enter.asm": "enter.asm", "hv/vmx/cases.c": "cases.c",
         "hv/vmx/processor.c": "processor.c", "hv/vmx/audit.h": "audit.h"}
DIFFER = re.compile(r"^differ (\d+): (.*)\n((?:  .*\n)*)  processor: (\d+), qualification (\w+)\n",
                    re.MULTILINE)
TOTALS = re.compile(r"^audit: .*", re.MULTILINE)


@dataclass
class Difference:
    """A VMCS about which the two do not agree."""

    base: str
    changes: dict[str, int]  # field: its value
    rules: list[str]  # "FIELD: what must hold", as the auditor says
    processor: int  # 0 entered, 7 and 8 refused, 33 failed
    qualification: int

    def __str__(self) -> str:
        fields = ", ".join(f"{name}={value:x}" for name, value in self.changes.items())
        return (f"{self.base}; {fields}: processor {self.processor} ({self.qualification}), "
                f"auditor: {'; '.join(self.rules) or 'nothing'}")


# Rules that Bochs does not check, or not in this way: it enters where the manual refuses. What
# "base: field: rule" begins with, as a regular expression, and why.
BOCHS_IS_LENIENT = {
    r".*: GUEST_DEBUGCTL: reserved": "Bochs does not look at IA32_DEBUGCTL",
    r".*: GUEST_PENDING_DEBUG: reserved": "Bochs looks at bits 31:0 of pending debug exceptions only",
    r".*: GUEST_PENDING_DEBUG: while": "Bochs does not hold BS against TF and what delays it",
    r".*: GUEST_CS_ACCESS_RIGHTS: DPL must (equal|not be above) SS's":
        "Bochs compares CS's DPL with CS's RPL, the manual with SS's DPL",
    r"64-bit mode: GUEST_SS_(BASE: bits|ACCESS_RIGHTS: (type|G |P |S |reserved))":
        "Bochs takes SS with RPL 0 in 64-bit mode for unusable, whatever its bit 16 says",
    r".*: GUEST_RIP: the bits beyond": "Bochs does not look whether a 64-bit guest's RIP is canonical",
    r".*: GUEST_ACTIVITY_STATE: must be a state that the injected":
        "Bochs does not look which event ends HLT",
    r".*: GUEST_INTERRUPTIBILITY: NMI \(bit 3\)":
        "Bochs does not look whether NMIs are blocked when one is injected",
}

# What Bochs refuses though the auditor knows no rule that is broken: all of the difference in words,
# as a regular expression, and why.
BOCHS_IS_STRICTER = {
    r".*\bLINK_POINTER=.*processor 33 \(4\)": "what the link pointer points at is not in the VMCS",
    r"PAE paging; .*SECONDARY_PROC_CONTROLS=.*processor 33 \(2\)":
        "without EPT, the four PDPTEs are in memory and not in the VMCS",
    r".*GUEST_CS_(SELECTOR|ACCESS_RIGHTS)=.*processor 33":
        "Bochs compares CS's DPL with CS's RPL, the manual with SS's DPL",
    r".*GUEST_PENDING_DEBUG=.*processor 33":
        "Bochs takes bits 11 and 16, of processors with bus-lock traps and RTM, for reserved",
}


def explanations(difference: Difference) -> list[str]:
    """Why they differ; an empty list if nobody knows."""
    if not difference.rules:
        return [why for words, why in BOCHS_IS_STRICTER.items() if re.match(words, str(difference))][:1]
    found = [next((why for words, why in BOCHS_IS_LENIENT.items()
                   if re.match(words, f"{difference.base}: {rule}")), "")
             for rule in difference.rules]
    return found if all(found) and difference.processor == 0 else []


def read(log: str) -> tuple[str, list[Difference]]:
    log = log.replace("hv16: ", "")
    differences = []
    for found in DIFFER.finditer(log):
        changes = dict(re.findall(r"^  changed: (\w+) \w+ (\w+)$", found[3], re.MULTILINE))
        differences.append(Difference(
            found[2], {name: int(value, 16) for name, value in changes.items()},
            re.findall(r"^  auditor: (.*)$", found[3], re.MULTILINE), int(found[4]),
            int(found[5], 16)))
    totals = TOTALS.search(log)
    return totals[0] if totals else "", differences


def audit(work: Path, count: int, seed: int, trace: int = 0,
          changed: dict[str, Path] | None = None) -> tuple[str, list[Difference]]:
    """Builds it in `work` and runs it. `changed`: files of hv16 to be replaced as well."""
    numbers = work / "numbers.c"
    work.mkdir(parents=True, exist_ok=True)
    numbers.write_text("#include <stdint.h>\n"
                       f"const uint32_t audit_count = {count}, audit_seed = {seed}, audit_trace = {trace};\n")
    theirs = {name: HERE / file for name, file in FILES.items()}
    nothing = work / "nothing.c"
    nothing.write_text("")
    theirs |= {f"hv/svm/{path.name}": nothing for path in (ROOT / "hv/svm").glob("*.c")}
    theirs["hv/svm/svm.c"] = HERE / "no_svm.c"
    tree.build(work / "tree", {**theirs, "hv/vmx/numbers.c": numbers, **(changed or {})})
    summary = execute(RunRequest(out=work / "out", quiet=True, timeout=1800, autorun="cpuid",
                                 image=work / "tree/build/hv16.img"))
    log = (work / "out/hv.log").read_text("utf-8", "backslashreplace")
    totals, differences = read(log)
    if summary.ended != "end":
        raise RuntimeError(f"{summary.message}\n{log[-2000:]}")
    return totals, differences


def main(count: str = "700", seed: str = "1", trace: str = "0") -> int:
    if bochs_installed.version() is None:
        print("audit: skipped: Bochs is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        totals, differences = audit(Path(folder), int(count), int(seed), int(trace))
    print(totals)
    counts: dict[str, int] = {}
    for difference in differences:
        for why in explanations(difference) or [f"NOT EXPLAINED: {difference}"]:
            counts[why] = counts.get(why, 0) + 1
    for why, number in sorted(counts.items()):
        print(f"{number:5} {why}")
    return any(why.startswith("NOT") for why in counts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
