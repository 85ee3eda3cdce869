"""A student's code that hangs, crashes or prints for ever: grading ends by itself, and says which it was."""

import re

import pytest

from hv16.labs import bench, lab as labs, tree
from hv16.paths import ROOT

FILE = "hv/exits/cpuid.c"
BEGIN = re.compile(r"(enum exit_action exit_cpuid\([^)]*\)\n\{\n)")
CASES = {
    "hang": ("for (;;)\n        ;", "a hang: neither the guest nor hv16"),
    "triple fault": ('__asm__ volatile("push $0; push $0; lidt (%rsp); int3");', "a triple fault outside of the guest"),
    "wild pointer": ("*(volatile int *)0xFFFF900000000000 = 1;",
                     r"exception 14 .* in the hypervisor at .*\(exit_cpuid\+"),
    # FEE00301h, where physical_pointer() has it
    "panic": ("*(volatile char *)0xFFFF8000FEE00301 = 1;", "a panic of Bochs: .*APIC write with len=1"),
    "log": ('for (;;)\n        log_error("x %u", 1u);', "a log without end"),
    "exit loop": ("return EXIT_RESUME;", r"no progress: 1000 exits in a row at .* \(CPUID\)"),
    "changing exit loop": ("vcpu->gpr[REG_RCX]++;\n    return EXIT_RESUME;", "an endless exit loop: .* exits by CPUID"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_ends_and_says_what_it_was(tmp_path, case):
    code, message = CASES[case]
    text = BEGIN.sub(lambda head: f"{head[1]}    {code}\n", (ROOT / FILE).read_text("utf-8"))
    file = tmp_path / "cpuid.c"
    file.write_text('#include "console/log.h"\n' + text, "utf-8")
    tree.build(tmp_path / "tree", {FILE: file})
    machine = bench.Bench(labs.find("12"), tmp_path / "tree", tmp_path, tmp_path)
    with pytest.raises(bench.Miss) as miss:
        machine.boot(autorun="cpuid")
    assert re.search(message, str(miss.value)), str(miss.value)
    assert "the log's end:\n" in str(miss.value)
    if case not in ("triple fault", "panic"):  # Bochs has gone then, and its processor with it
        assert re.search(r"the guest, when it last exited: exit reason a,.* rip [0-9a-f]+,.*\n(.*\n)* +rip: ffffffff_8|"
                         r"the guest was running: this is its state\n(.*\n)* +rip: 00000000_", str(miss.value))
