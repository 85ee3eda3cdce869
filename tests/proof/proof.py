"""`make proof`: what Frama-C proves of hv16, for all inputs.

    python3 tests/proof/proof.py

lapic.c: the priority rule of the local APIC, by WP and an SMT solver. ept.c: no page-table entry
reaches the hypervisor's block or the machine's APIC, by Eva. The contracts and drivers are here, so
that hv/ needs none. What the tools cannot do: tests/README.md, "What is proven".
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOLVERS = {"CVC4": "cvc4", "CVC5": "cvc5", "Alt-Ergo": "alt-ergo"}  # Z3 alone proves 3 goals less
RULE = ("vector_word", "highest", "task_priority", "lapic_ppr", "lapic_highest_requested",
        "lapic_highest_in_service", "lapic_deliverable", "lapic_tpr_threshold")
STEP = 0x200000  # the block is in any even MiB below 4 GiB
EVERYWHERE = (0, (1 << 32) - STEP)


def missing() -> str:
    """Why nothing can be proven here, or nothing."""
    if shutil.which("frama-c") is None or shutil.which("why3") is None:
        return "there is no Frama-C with Why3 (Debian 12: frama-c-base, why3)"
    if not any(shutil.which(solver) for solver in SOLVERS.values()):
        return "there is no SMT solver of " + ", ".join(SOLVERS)
    return ""


def frama_c(work: Path, hv: Path, driver: str, *options: str, defines: str = "") -> str:
    """Frama-C and Why3 keep their settings in the home folder: here it is `work`."""
    done = subprocess.run(
        ["frama-c", f"-cpp-extra-args=-I{work} -I{hv} {defines}", "-machdep", "gcc_x86_64", *options,
         HERE / driver], cwd=work, env={**os.environ, "HOME": str(work)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout


def prove_priorities(work: Path, hv: Path, functions: tuple[str, ...] = RULE,
                     seconds: int = 60) -> tuple[bool, str]:
    # The axiom upper_half of lapic.c, which solvers cannot see from what WP tells them of `&`.
    assert all(0 <= v & 0xF0 <= v and (v & 0xF0) // 16 == v // 16 == v >> 4 for v in range(256))
    subprocess.run(["why3", "config", "detect"], env={**os.environ, "HOME": str(work)},
                   capture_output=True, check=True)
    solvers = ",".join(solver for solver in SOLVERS.values() if shutil.which(solver))
    text = frama_c(work, hv, "lapic.c", "-ulevel", "8", "-wp", "-wp-fct", ",".join(functions),
                   "-wp-prover", solvers, "-wp-timeout", str(seconds))
    found = re.search(r"Proved goals: +(\d+) / (\d+)", text)
    open_goals = re.findall(r"Goal (\w+) : (?!Valid)", text)
    if not found:
        return False, text[-2000:]
    return found[1] == found[2], f"{found[1]} of {found[2]} goals {' '.join(open_goals)}".strip()


def checked_copy(work: Path, hv: Path) -> None:
    """ept.c with each entry that maps a page passed through stored(). One that is stored in another
    place than today would escape, so their number is fixed."""
    source = (hv / "mem/ept.c").read_text()
    entries = re.findall(r"^ *(\S+) =\s[^;]*EPT_(?:ALL|READ)\b[^;]*;", source, re.MULTILINE)
    assert sorted(entries) == ["*entry", "*entry", "*entry", "*pd_entry(machine.boot.hv_base)",
                               "decoy_table[i]", "table[i]"], entries
    for function, size in (("map_4k", "SIZE_4K"), ("map_2m", "SIZE_2M"), ("map_1g", "SIZE_1G")):
        source, count = re.subn(
            rf"(static void {function}\(.*?\n}}\n)",
            lambda body: re.sub(r"(\*entry|table\[i\]) =(\s+[^;]*EPT_ALL[^;]*);",
                                rf"\1 = stored(\2, {size});", body[1]),
            source, count=1, flags=re.DOTALL)
        assert count == 1
    assert source.count("= stored(") == 3
    (work / "mem").mkdir(exist_ok=True)
    (work / "mem/ept_checked.c").write_text(source)


def prove_ept(work: Path, hv: Path, what: str, bases: tuple[int, int] = EVERYWHERE) -> tuple[bool, str]:
    """`what` is a function of ept.c: block, around_apic or apic; `bases`: where the block may be."""
    checked_copy(work, hv)
    first, last = bases
    precise = ["-eva-slevel-function", "map_4k:600,replaced_in:40"] if what == "apic" else []
    text = frama_c(work, hv, "ept.c", "-main", what,
                   "-eva", "-eva-no-print", *precise,
                   defines=f"-DFIRST={first:#x} -DLAST={last:#x} -DSTEP={STEP:#x}")
    found = re.search(r"Assertions +(\d+) valid +(\d+) unknown +(\d+) invalid", text)
    if not found or "0 errors" not in text:
        return False, text[-2000:]
    return found.groups() == ("1", "0", "0"), f"{found[0].split(None, 1)[1]} assertion"


def main() -> int:
    if why := missing():
        print(f"proof: skipped: {why}")
        return 0
    failed = 0
    for name, prove in (("the priority rule", prove_priorities),
                        ("EPT and the block", lambda work, hv: prove_ept(work, hv, "block")),
                        ("EPT around the machine's APIC", lambda work, hv: prove_ept(work, hv, "around_apic")),
                        ("EPT at the machine's APIC", lambda work, hv: prove_ept(work, hv, "apic"))):
        with tempfile.TemporaryDirectory() as folder:
            proven, words = prove(Path(folder), ROOT / "hv")
        print(f"{name:28} {'proven' if proven else 'NOT PROVEN'}: {words}", flush=True)
        failed |= not proven
    return failed


if __name__ == "__main__":
    sys.exit(main())
