"""check.py: the rules of the house that a compiler does not know. `make check` runs it.

Each rule is a function that yields lines "file:line: what is wrong". It reads the tree it is
pointed at (default: here), so a test can break a copy and see the rule notice.
"""

import re
import sys
from pathlib import Path

# Lines of code of the hypervisor, without comments, blank lines and flat tables: all of it, and what
# is read in one go, a module.
CODE_LINES_MAX = 9900
MODULE_LINES_MAX = 2000
EVENING_LINES_MAX = 3500
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
MAKEFILE_LINES_MAX = 150

# Lists of numbers and names from the manual: long, and nothing to understand.
FLAT_TABLES = {"vmx/fields.h", "vmx/bits.h", "svm/vmcb.h", "svm/codes.c", "cpu/event.h", "vmx/explain/field_names.c", "vmx/explain/errors.c", "cpu/msr.h",
               "cpu/x86.h", "model/reasons.h", "model/reasons.c", "model/opcodes.c"}

# What may stand only in certain files: pattern, the files (below hv/), and why.
OWNED = [
    (r"\bvm(read|write)\s+%", {"vmx/vmcs.h", "vmx/vmcs.c"},
     "VMREAD and VMWRITE are in vmx/vmcs.h's wrappers only"),
    (r"\bVMCS_[A-Z]|\bvmcs_\w+\(|\b(PIN|PROC|PROC2|EXITCTL|ENTRYCTL|ACTIVITY|INTERRUPTIBILITY|"
     r"PENDING_DEBUG)_[A-Z]", {"vmx/", "virt/guest.h", "virt/guest.c"},
     "VMCS fields and the bits of VMX controls are vmx/'s: ask virt/virt.h or virt/guest.h"),
    (r'#include "vmx/', {"vmx/", "virt/guest.h", "main.c", "vcpu.h"},
     "vmx/ is reached through the door: virt/virt.h"),
    (r"\bvmcb(->|\.)\w|\bsvm_vmcb\(", {"svm/", "virt/guest.c", "virt/guest.h"},
     "VMCB fields are svm/'s: ask virt/virt.h or virt/guest.h"),
    (r'#include "svm/', {"svm/", "virt/guest.h", "virt/guest.c", "main.c", "vcpu.h"},
     "svm/ is reached through the door: virt/virt.h"),
    (r"\bINTERRUPTION_[A-Z]", {"vmx/", "svm/", "virt/inject.c", "quirks.c", "cpu/event.h"},
     "the format of an event is virt/inject.c's"),
    (r"\binvept\s+%|\bEPT_(READ|WRITE|EXECUTE|LARGE)\b", {"mem/ept.c"},
     "EPT entries and INVEPT are in mem/ept.c only"),
    (r"guest_(write|set|clear)\w*\(\s*EVENT_", {"virt/inject.c"},
     "events are injected in virt/inject.c only"),
    (r"vmcs_(write|set|clear)\w*\(\s*VMCS_VM_ENTRY_(INTERRUPTION|EXCEPTION|INSTRUCTION)",
     {"vmx/guest_area.c"},
     "events are injected in virt/inject.c only"),
    (r"(vmcs_(write|set|clear)\w*\(\s*VMCS_|guest_(write|set|clear)\w*\(\s*)GUEST_RIP\b",
     {"vmx/loop.c", "vmx/vmcs.c", "virt/guest.h"},
     "RIP is advanced in vmx/loop.c and svm/loop.c only"),
    (r"vmcb->rip\s*=", {"svm/loop.c"}, "RIP is advanced in vmx/loop.c and svm/loop.c only"),
    (r"\bPORT_(E9|COM2)\b", {"console/log.c", "layout.h"},
     "the console's ports belong to console/"),
    (r"\bVGA_TEXT\b", {"console/screen.c", "cpu/x86.h"},
     "the text screen belongs to console/screen.c"),
    (r"lapic(->|\.)page", {"apic/", "model/"},
     "the virtual-APIC page is touched in apic/ only"),
    (r"\bVMCS_(VIRTUAL_APIC_ADDRESS|TPR_THRESHOLD|GUEST_INTERRUPT_STATUS)\b",
     {"vmx/virtual_apic.c", "vmx/fields.h", "vmx/explain/", "virt/guest.h"},
     "the fields of the virtual-APIC page are vmx/virtual_apic.c's only"),
    (r"\b(vmx_|svm_)?exit_when_tpr_below\(|guest_(write|set|clear)\w*\(\s*GUEST_(INTERRUPT_STATUS|TPR_THRESHOLD)",
     {"apic/", "vmx/virtual_apic.c", "vmx/vmx.h", "svm/virtual_tpr.c", "svm/svm.h"},
     "what the virtual APIC shows the processor is decided in apic/ only"),
    (r"\bphysical_pointer\(physical_apic_base|wrmsr\(MSR_(X2APIC|IA32_APIC)", {"apic/physical.c"},
     "the physical APIC is apic/physical.c's only"),
    (r"\bPORT_COM1\b", {"layout.h"}, "COM1 is the guest's alone"),
    (r"\b(Bochs|QEMU|TCG) (up to )?\d", {"quirks.h", "quirks_state.h", "model/options.h", "exits/init_signal.c"},
     "what an emulator's version does against the manual stands in quirks.h"),
    (r"\bLAB \d", set(), "what a lab takes out is listed in its lab.toml, not marked in the source"),
]

# What lies here is compiled unchanged into the host tests: nothing privileged.
PURE = ("model/", "vmx/explain/")
PRIVILEGED = re.compile(r'__asm__|#include "(cpu/cpu|host/\w+|machine|virt/\w+|vmx/(?!explain/|fields|bits)\w+)\.h"')


def sources(root: Path, *suffixes: str) -> list[tuple[str, list[str]]]:
    """The files of the hypervisor below hv/, each with its lines."""
    files = sorted(p for p in (root / "hv").rglob("*") if p.suffix in suffixes)
    return [(p.relative_to(root / "hv").as_posix(), p.read_text().splitlines()) for p in files]


def folders_of(owners: set[str]) -> tuple[str, ...]:
    return tuple(owner for owner in owners if owner.endswith("/"))


def ownership(root: Path):
    for name, lines in sources(root, ".c", ".h"):
        for number, line in enumerate(lines, 1):
            for pattern, owners, why in OWNED:
                owned = name in owners or name.startswith(folders_of(owners))
                if not owned and re.search(pattern, line):
                    yield f"hv/{name}:{number}: {why}"


def purity(root: Path):
    for name, lines in sources(root, ".c", ".h"):
        for number, line in enumerate(lines, 1):
            if name.startswith(PURE) and PRIVILEGED.search(line):
                yield f"hv/{name}:{number}: pure logic includes nothing privileged"


def long_functions(name: str, lines: list[str]):
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES_MAX:
                yield (f"{name}:{start}: a function of {number - start - 1} lines: at most "
                       f"{FUNCTION_LINES_MAX}")
            start = None


def code_lines(lines: list[str]) -> int:
    return sum(not re.match(r"\s*(/?\*|;|//|$)", line) for line in lines)


def evening_files(root: Path) -> set[str]:
    """Of the first evening: what docs/reading.md lists before its wings."""
    page = (root / "docs/reading.md").read_text("utf-8").split("\n## The wings")[0]
    return {path.relative_to(root / "hv").as_posix()
            for name in re.findall(r"^(hv/\S+)  ", page, re.MULTILINE) for path in root.glob(name)}


def sizes(root: Path):
    modules: dict[str, int] = {}
    evening, of_evening = 0, evening_files(root)
    for name, lines in sources(root, ".c", ".h", ".asm"):
        if len(lines) > FILE_LINES_MAX:
            yield f"hv/{name}: {len(lines)} lines: at most {FILE_LINES_MAX}"
        yield from long_functions(f"hv/{name}", lines)
        if name not in FLAT_TABLES:
            module = str(Path(name).parent)
            code = code_lines(lines)
            modules[module] = modules.get(module, 0) + code
            if name in of_evening:
                evening += code
    for module, code in modules.items():
        if code > MODULE_LINES_MAX:
            yield f"hv/{module}: {code} lines of code: at most {MODULE_LINES_MAX} in a module"
    code = sum(modules.values())
    if code > CODE_LINES_MAX:
        yield f"hv/: {code} lines of code: at most {CODE_LINES_MAX}"
    if evening > EVENING_LINES_MAX:
        yield f"hv/: {evening} lines of code in the first evening: at most {EVENING_LINES_MAX}"
    print("check: lines of code: " + ", ".join(
        f"{module if module != '.' else 'hv itself'} {code}" for module, code in sorted(modules.items())))
    print(f"check: hv/ has {code} lines of code (without comments, blank lines, flat tables); "
          f"the first evening {evening}")
    makefile = (root / "Makefile").read_text().splitlines()
    if len(makefile) > MAKEFILE_LINES_MAX:
        yield f"Makefile: {len(makefile)} lines: at most {MAKEFILE_LINES_MAX}"


RULES = [ownership, purity, sizes]


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")
    problems = [problem for rule in RULES for problem in rule(root)]
    for problem in problems:
        print(problem)
    print(f"check: {len(RULES)} rules, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
