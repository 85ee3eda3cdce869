"""The rules of the house, as tests: `make check` passes, and each rule notices what it is for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHECK = ROOT / "tools/check.py"


def test_make_check_passes():
    result = subprocess.run(["make", "check"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def tree(tmp_path):
    """A copy of what the rules read."""
    for name in ("hv", "tools", "docs/reading.md", "Makefile"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target)
        else:
            shutil.copy(ROOT / name, target)
    return tmp_path


def problems(tree: Path) -> str:
    result = subprocess.run([sys.executable, CHECK, tree], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == (0 if " 0 problems" in result.stdout else 1), result.stderr
    return result.stdout


def test_the_copy_is_clean(tree):
    assert " 0 problems" in problems(tree)


@pytest.mark.parametrize("file, line, message", [
    ("exits/cpuid.c", '__asm__ volatile("vmread %0, %1");', "VMREAD and VMWRITE"),
    ("exits/io.c", "uint64_t e = EPT_READ;", "mem/ept.c only"),
    ("exits/msr.c", "guest_write(EVENT_INJECTED, 0);", "virt/inject.c only"),
    ("vmx/windows.c", "vmcs_write(VMCS_VM_ENTRY_INTERRUPTION_INFO, 0);", "virt/inject.c only"),
    ("vmx/windows.c", "vmcs_set_bits(VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE, 1);", "virt/inject.c only"),
    ("exits/msr.c", "uint32_t x = PROC_HLT_EXITING;", "ask virt/virt.h"),
    ("init/state.c", '#include "vmx/vmcs.h"', "reached through the door"),
    ("exits/hlt.c", "/* LAB 9 BEGIN */", "listed in its lab.toml"),
    ("exits/hlt.c", "/* Bochs 2.7 forgets this. */", "stands in quirks.h"),
    ("exits/msr.c", "guest_write(GUEST_RIP, 0);", "vmx/loop.c and svm/loop.c only"),
    ("vmx/dump.c", "vmcs_set_bits(VMCS_GUEST_RIP, 1);", "vmx/loop.c and svm/loop.c only"),
    ("svm/efer.c", "    vmcb->rip = 0;", "vmx/loop.c and svm/loop.c only"),
    ("exits/hlt.c", "    svm_vmcb()->shadow = 0;", "VMCB fields are svm/'s"),
    ("apic/tpr.c", '#include "svm/svm.h"', "svm/ is reached through the door"),
    ("exits/msr.c", "guest_set(GUEST_RIP, 1);", "vmx/loop.c and svm/loop.c only"),
    ("vmx/dump.c", "uint32_t *page = vcpu->lapic.page;", "touched in apic/ only"),
    ("virt/repeat.c", "uint32_t *page = vcpu->lapic.page;", "touched in apic/ only"),
    ("vmx/windows.c", "vmcs_write(VMCS_TPR_THRESHOLD, 0);", "vmx/virtual_apic.c's only"),
    ("exits/hlt.c", "guest_write(GUEST_INTERRUPT_STATUS, 0);", "decided in apic/ only"),
    ("vmx/windows.c", "vmx_exit_when_tpr_below(0);", "decided in apic/ only"),
    ("main.c", "out8(PORT_E9, 0);", "the console's ports"),
    ("main.c", "*(char *)VGA_TEXT = 0;", "console/screen.c"),
    ("console/log.c", "out8(PORT_COM1, 0);", "the guest's alone"),
    ("model/e820.c", '#include "cpu/cpu.h"', "nothing privileged"),
    ("vmx/explain/check_guest.c", '#include "vmx/vmcs.h"', "nothing privileged"),
])
def test_a_line_in_the_wrong_file_is_noticed(tree, file, line, message):
    path = tree / "hv" / file
    path.write_text(path.read_text() + line + "\n")
    assert message in problems(tree)


def test_each_quirk_names_the_emulator_and_the_rule():
    text = (ROOT / "hv/quirks.h").read_text()
    comments = re.findall(r"/\*(.*?)\*/\n(?=\w[\w ]*\bquirk_)", text, re.DOTALL)
    about = [comment for comment in comments if "Bochs" in comment or "QEMU" in comment]
    assert len(about) >= 9 and len(comments) - len(about) <= 1, "quirk_init_came() is half of another one"
    for comment in about:
        assert re.search(r"(Bochs|QEMU) (up to )?\d", comment) and "SDM" in comment, comment


def test_a_long_file_is_noticed(tree):
    path = tree / "hv/main.c"
    path.write_text(path.read_text() + "\n" * 300)
    assert "at most 300" in problems(tree)


def test_a_long_function_is_noticed(tree):
    path = tree / "hv/main.c"
    path.write_text(path.read_text() + "void f(void)\n{\n" + "    f();\n" * 41 + "}\n")
    assert "at most 40" in problems(tree)


def test_too_long_an_evening_is_noticed(tree):
    path = tree / "hv/vmx/fail.c"
    path.write_text(path.read_text() + "int f(void);\n" * 1000)
    assert "lines of code in the first evening: at most 3500" in problems(tree)


def test_too_much_code_is_noticed(tree):
    for i in range(7):
        (tree / f"hv/svm{i}.c").write_text("int f(void);\n" * 299)
    assert "hv/.: " in problems(tree) and "at most 2000 in a module" in problems(tree)
    assert re.search(r"^hv/: \d+ lines of code: at most 9900$", problems(tree), re.MULTILINE)
