"""The tests of the local APIC are worth something only if they notice bugs. So each of these is put
into a copy of the model on purpose, and the test program that is meant for it must fail."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = ["test_lapic", "test_lapic_priority", "test_lapic_registers", "test_lapic_base",
            "test_lapic_ipi"]
FLAGS = ["-std=c17", "-O1", "-Ihv", "-Itests/unit"]

# Name of the bug: the file, what is replaced there (exactly once), by what, the program that notices.
BUGS = {
    # The four of the classic kind: the blue screen of docs/questions.md, question 2, and its lost interrupt.
    "threshold not recomputed at EOI": (
        "lapic.c", """LAPIC_UPDATE | LAPIC_EOI_LEVEL
                                                         : LAPIC_UPDATE;""",
        "LAPIC_EOI_LEVEL : 0;", "test_lapic_priority"),
    "threshold compared with all of TPR": (
        "lapic.c", "if (wanted > CLASS(task_priority(lapic))",
        "if (lapic_highest_requested(lapic) > task_priority(lapic)", "test_lapic_priority"),
    "threshold compared with TPR[3:0]": (
        "lapic.c", "if (wanted > CLASS(task_priority(lapic))",
        "if (wanted > (task_priority(lapic) & 15)", "test_lapic_priority"),
    "PPR from a stale TPR": (
        "lapic.c", "return lapic->stale_tpr ?", "return true ?", "test_lapic_priority"),
    "delivery when the classes of TPR and vector are equal": (
        "lapic.c", "CLASS(requested) > CLASS(lapic_ppr(lapic))",
        "CLASS(requested) >= CLASS(lapic_ppr(lapic))",
        "test_lapic_priority"),
    # Others about priorities.
    "delivery by all of PPR": (
        "lapic.c", "CLASS(requested) > CLASS(lapic_ppr(lapic))", "requested > lapic_ppr(lapic)",
        "test_lapic_priority"),
    "PPR forgets what is in service": (
        "lapic.c", "if (CLASS(in_service) > CLASS(ppr))", "if (in_service > 255)",
        "test_lapic_priority"),
    "EOI ends the lowest in service": (
        "lapic.c", "    int vector = lapic_highest_in_service(lapic);\n",
        """    int vector = 0;
           while (vector < 256 && !vector_is_set(lapic, LAPIC_ISR, (uint32_t)vector))
               vector++;
           if (vector == 256)
               vector = LAPIC_NO_VECTOR;
        """, "test_lapic_priority"),
    "threshold needed, says the model, though ISR holds the vector back": (
        "lapic.c", " || wanted <= CLASS(lapic_highest_in_service(lapic))", "",
        "test_lapic_priority"),
    "threshold not recomputed at a request": (
        "lapic.c", "    return LAPIC_UPDATE;\n", "    return 0;\n", "test_lapic_priority"),
    "threshold not recomputed at a write of TPR that exits": (
        "lapic_registers.c", "        return LAPIC_UPDATE;\n", "        return 0;\n",
        "test_lapic_priority"),
    "delivered vector stays requested": (
        "lapic.c", "vector_set(lapic, LAPIC_IRR, (uint32_t)vector, false);", "",
        "test_lapic_priority"),
    "self-IPI lost while TPR is high": (
        "lapic_ipi.c", "return lapic_request(lapic, vector, false);",
        "return vector >> 4 > lapic_ppr(lapic) >> 4 ? lapic_request(lapic, vector, false) : 0;",
        "test_lapic_priority"),
    # About everything else.
    "level-triggered interrupts end in silence": (
        "lapic.c", "vector_set(lapic, LAPIC_TMR, vector, level);", "(void)level;", "test_lapic"),
    "an illegal vector is accepted": (
        "lapic.c", "if (vector < LAPIC_VECTOR_MIN)", "if (vector == 0)", "test_lapic"),
    "each error is an interrupt": (
        "lapic.c", "if (!armed || ", "(void)armed;\nif (", "test_lapic"),
    "software-disabled, an LVT entry can be unmasked": (
        "lapic_registers.c", "        value |= LAPIC_LVT_MASKED;\n", "        (void)value;\n",
        "test_lapic_registers"),
    "the ESR shows errors before it is written": (
        "lapic.c", "lapic->errors |= errors;",
        "lapic->errors |= errors; lapic->page[LAPIC_ESR / 4] |= errors;", "test_lapic_registers"),
    "x2APIC: the upper half of ICR where xAPIC mode has it": (
        "lapic_registers.c", "lapic->page[LAPIC_ICR / 4 + 1] = ",
        "lapic->page[LAPIC_ICR_HIGH / 4] = ", "test_lapic_registers"),
    "x2APIC: an MSR's upper half is ignored": (
        "lapic_registers.c", " || (offset != LAPIC_ICR && value >> 32 != 0)", "",
        "test_lapic_registers"),
    "straight back from x2APIC to xAPIC mode": (
        "lapic_registers.c", "[MODE_X2APIC] = TO(MODE_DISABLED) |",
        "[MODE_X2APIC] = TO(MODE_DISABLED) | TO(MODE_XAPIC) |", "test_lapic_base"),
    "x2APIC mode keeps the LDR of xAPIC mode": (
        "lapic_registers.c", "lapic->page[LAPIC_LDR / 4] = x2apic",
        "if (!x2apic)\nlapic->page[LAPIC_LDR / 4] = x2apic", "test_lapic_base"),
    "flat logical IDs compared by equality": (
        "lapic_ipi.c", "(own & destination & members) != 0",
        "(members == 0xFF ? own == destination : (own & destination & members) != 0)",
        "test_lapic_ipi"),
    "FFH is an ordinary physical ID": (
        "lapic_ipi.c", "BROADCAST_X2APIC : BROADCAST)", "BROADCAST_X2APIC : BROADCAST_X2APIC)",
        "test_lapic_ipi"),
    "an INIT de-assert is sent as an INIT": (
        "lapic_ipi.c", " && ipi->level && !ipi->assert)", " && false)", "test_lapic_ipi"),
}


@pytest.fixture
def tree(tmp_path):
    """A copy of the model and of its tests."""
    for name in ("hv", "tests/unit"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def run(tree: Path, program: str) -> subprocess.CompletedProcess:
    """Builds and runs one test program. Without sanitizers: `make units` builds it with them."""
    sources = sorted(str(path) for path in (tree / "hv/model").glob("lapic*.c"))
    subprocess.run(["gcc", *FLAGS, "-o", program, f"tests/unit/{program}.c", *sources, "-lcmocka"],
                   cwd=tree, check=True, timeout=60)
    return subprocess.run([tree / program], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_copy_passes(tree, program):
    result = run(tree, program)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("bug", BUGS)
def test_bug_is_noticed(tree, bug):
    name, old, new, program = BUGS[bug]
    path = tree / "hv/model" / name
    source = path.read_text()
    assert source.count(old) == 1, f"{name} has {source.count(old)} times: {old}"
    path.write_text(source.replace(old, new))
    result = run(tree, program)
    assert result.returncode > 0 and "[  FAILED  ]" in result.stderr, result.stdout + result.stderr
