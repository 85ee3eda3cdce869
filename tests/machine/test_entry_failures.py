"""poke=FIELD:VALUE spoils one VMCS field: the log says which rule of the SDM was broken, and how.

That the entry fails at all is the processor's (Bochs's) verdict; that the log names exactly this
field and its value is hv16's own check, so the two judge each other.
"""

import re

import pytest
from hv16.paths import ROOT
from machines import boot

CONTROLS, HOST, GUEST = "error 7", "error 8", "reason 33"
IN_WORDS = {CONTROLS: "VM entry with an invalid control field",
            HOST: "VM entry with an invalid host-state field",
            GUEST: "the guest state is invalid"}
ABOVE_40_BITS = 1 << 45  # beyond the physical-address width of the default processor

# field, value, how the entry fails, the rule's words, the SDM's section
POKES = [
    ("PIN_CONTROLS", 0, CONTROLS, "low half of its capability MSR must be 1", "VM-Execution"),
    ("PIN_CONTROLS", 0x116, CONTROLS, "high half of its capability MSR", "VM-Execution"),
    ("PRIMARY_PROC_CONTROLS", 0x96006170, CONTROLS, "must be 1", "VM-Execution Control Fields"),
    ("SECONDARY_PROC_CONTROLS", 0x80, CONTROLS, "UNRESTRICTED_GUEST needs ENABLE_EPT",
     "VM-Execution Control Fields"),
    ("CR3_TARGET_COUNT", 5, CONTROLS, "must not be greater than", "VM-Execution Control Fields"),
    ("MSR_BITMAP", 0x1801, CONTROLS, "must be 4 KiB aligned", "VM-Execution Control Fields"),
    ("IO_BITMAP_B", ABOVE_40_BITS, CONTROLS, "physical-address width", "VM-Execution"),
    ("EPT_POINTER", 0x1C0001B, CONTROLS, "memory type (bits 2:0)", "VM-Execution Control Fields"),
    ("EXIT_CONTROLS", 0x200, CONTROLS, "must be 1", "VM-Exit Control Fields"),
    ("ENTRY_CONTROLS", 0, CONTROLS, "must be 1", "VM-Entry Control Fields"),
    ("VM_ENTRY_INTERRUPTION_INFO", 0x80000903, CONTROLS, "type (bits 10:8) must not be 1",
     "VM-Entry Control Fields"),
    ("VM_ENTRY_INTERRUPTION_INFO", 0x80000203, CONTROLS, "the vector of an NMI must be 2",
     "VM-Entry Control Fields"),
    ("HOST_CS_SELECTOR", 0, HOST, "must not be 0", "Checks on Host Segment"),
    ("HOST_TR_SELECTOR", 0x23, HOST, "RPL and TI", "Checks on Host Segment"),
    ("HOST_CR0", 0x80000001, HOST, "VMX fixes to 1", "Checks on Host Control Registers"),
    ("HOST_CR4", 0x20, HOST, "VMX fixes to 1", "Checks on Host Control Registers"),
    ("HOST_CR3", ABOVE_40_BITS, HOST, "physical-address width", "Checks on Host Control"),
    ("HOST_RIP", 0x800000000000, HOST, "canonical", "Checks Related to Address-Space Size"),
    ("HOST_GDTR_BASE", 1 << 60, HOST, "canonical", "Checks on Host Segment"),
    ("HOST_SYSENTER_EIP", 1 << 60, HOST, "canonical", "Checks on Host Control"),
    ("HOST_EFER", 0, HOST, "LMA must equal", "Checks on Host Control Registers"),
    ("HOST_PAT", 0x0202, HOST, "each byte must be", "Checks on Host Control Registers"),
    ("GUEST_CS_ACCESS_RIGHTS", 0x13, GUEST, "P (bit 7) must be 1", "Guest Segment Registers"),
    ("GUEST_CS_ACCESS_RIGHTS", 0x91, GUEST, "type must be 9, 11, 13 or 15", "Guest Segment"),
    ("GUEST_SS_ACCESS_RIGHTS", 0xF3, GUEST, "DPL must be 0", "Guest Segment Registers"),
    ("GUEST_DS_ACCESS_RIGHTS", 0x92, GUEST, "type must be odd (accessed)", "Guest Segment"),
    ("GUEST_ES_ACCESS_RIGHTS", 0x893, GUEST, "reserved bits", "Guest Segment Registers"),
    ("GUEST_TR_ACCESS_RIGHTS", 0x89, GUEST, "type must be 11 (busy TSS)", "Guest Segment"),
    ("GUEST_TR_ACCESS_RIGHTS", 0x1008B, GUEST, "TR must be usable", "Guest Segment Registers"),
    ("GUEST_LDTR_ACCESS_RIGHTS", 0x83, GUEST, "type must be 2 (LDT)", "Guest Segment Registers"),
    ("GUEST_LDTR_SELECTOR", 4, GUEST, "TI (bit 2) must be 0", "Guest Segment Registers"),
    ("GUEST_RFLAGS", 0, GUEST, "bit 1 must be 1", "Guest RIP, RFLAGS, and SSP"),
    ("GUEST_RFLAGS", 0x8002, GUEST, "reserved bits", "Guest RIP, RFLAGS, and SSP"),
    ("GUEST_RIP", 0x100000000, GUEST, "bits 63:32 must be 0", "Guest RIP, RFLAGS, and SSP"),
    ("GUEST_CR0", 0x10, GUEST, "VMX fixes to 1", "Guest Control Registers"),
    ("GUEST_CR0", 0x80000030, GUEST, "PG needs PE", "Guest Control Registers"),
    ("GUEST_CR4", 0, GUEST, "VMX fixes to 1", "Guest Control Registers"),
    ("GUEST_CR4", 0x22000, GUEST, "PCIDE must be 0", "Guest Control Registers"),
    ("GUEST_EFER", 0x400, GUEST, "LMA must equal", "Guest Control Registers"),
    ("GUEST_GDTR_LIMIT", 0x10000, GUEST, "bits 31:16 must be 0", "Descriptor-Table Registers"),
    ("GUEST_IDTR_BASE", 1 << 60, GUEST, "canonical", "Guest Descriptor-Table Registers"),
    ("GUEST_ACTIVITY_STATE", 4, GUEST, "must be 0 active", "Guest Non-Register State"),
    ("GUEST_INTERRUPTIBILITY", 3, GUEST, "must not both be 1", "Guest Non-Register State"),
    ("GUEST_INTERRUPTIBILITY", 1, GUEST, "while RFLAGS.IF = 0", "Guest Non-Register State"),
    ("GUEST_INTERRUPTIBILITY", 4, GUEST, "SMI (bit 2) must be 0", "Guest Non-Register State"),
    ("GUEST_PENDING_DEBUG", 0x10, GUEST, "reserved bits", "Guest Non-Register State"),
    ("LINK_POINTER", 0x1001, GUEST, "must be 4 KiB aligned", "Guest Non-Register State"),
]

VIOLATION = re.compile(r"^hv16:   ([A-Z0-9_]+) \(([0-9a-f]+)\) = ([0-9a-f]+)(?:, wrong bits [0-9a-f]+)?\n"
                       r"hv16:     rule: (.*)\nhv16:     SDM volume 3, (.*)\n", re.MULTILINE)


def encoding(field: str) -> int:
    header = (ROOT / "hv" / "vmx" / "fields.h").read_text("utf-8")
    return int(re.search(rf"^#define VMCS_{field}\s+(0x[0-9A-F]+)", header, re.M).group(1), 16)


@pytest.mark.parametrize("field, value, failure, rule, section", POKES,
                         ids=[f"{poke[0].lower()}={poke[1]:x}" for poke in POKES])
def test_a_spoilt_field_is_named_with_its_value_the_rule_and_the_sdms_section(
        out, field, value, failure, rule, section):
    run = boot(out, options=["apic=off", f"poke={encoding(field):#x}:{value:#x}"])
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert run.last_line == f"hv16: stop: VM entry failed: {failure}: {IN_WORDS[failure]}"
    found = VIOLATION.findall(run.log)
    assert {name for name, *_ in found} == {field}, run.explain()
    assert {int(number, 16) for _, number, *_ in found} == {encoding(field)}
    assert {int(shown, 16) for _, _, shown, *_ in found} == {value}
    assert any(rule in words and section in where for *_, words, where in found), found
    assert run.serial == ""


@pytest.mark.parametrize("field", ["PIN_CONTROLS", "PRIMARY_PROC_CONTROLS", "EXIT_CONTROLS",
                                   "SECONDARY_PROC_CONTROLS", "ENTRY_CONTROLS"])
def test_controls_that_the_processor_lacks_are_explained_without_reading_their_fields(out, field):
    """All ones switch on checks of fields that this processor does not have at all."""
    run = boot(out, options=["apic=off", f"poke={encoding(field):#x}:0xffffffff"])
    assert run.last_line == f"hv16: stop: VM entry failed: {CONTROLS}: {IN_WORDS[CONTROLS]}"
    reserved = [name for name, _, _, rule, _ in VIOLATION.findall(run.log)
                if "high half of its capability MSR must be 0" in rule]
    assert reserved == [field], run.explain()


def test_an_entry_that_breaks_no_rule_that_hv16_knows_is_dumped(out):
    """A link pointer to memory that holds no VMCS: what is there, the checker cannot judge."""
    run = boot(out, options=["apic=off", f"poke={encoding('LINK_POINTER'):#x}:0"])
    assert run.last_line == f"hv16: stop: VM entry failed: {GUEST}: {IN_WORDS[GUEST]}"
    assert "no rule that hv16 knows is broken" in run.log
    assert re.search(r"^hv16:   cs +[0-9a-f]+ base [0-9a-f]+ limit ffff access", run.log, re.M)


def test_a_fault_of_the_hypervisor_itself_prints_registers_and_names_the_function(out):
    """A host RSP where nothing is mapped: the first instruction after the first exit faults."""
    nowhere = 0x700000000000
    run = boot(out, options=["apic=off", f"poke={encoding('HOST_RSP'):#x}:{nowhere:#x}"])
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert f" rsp {nowhere:x}\n" in run.log and f" cr2 {nowhere:x} " in run.log
    assert re.search(r"hv16: stop: exception 14 \(error code 2\) in the hypervisor at [0-9a-f]{16}",
                     run.last_line)
    assert run.report.message.endswith("(vmx_exited+0x0)")


def test_the_log_says_what_was_poked_and_what_was_there_before(out):
    run = boot(out, options=["apic=off", f"poke={encoding('GUEST_RFLAGS'):#x}:0"])
    assert "hv16: poke: GUEST_RFLAGS (6820) was 2, is 0" in run.log


def test_a_poke_that_breaks_no_rule_changes_nothing(out):
    boot(out, options=["apic=off", f"poke={encoding('GUEST_RFLAGS'):#x}:2"]).check_ended()


def test_two_spoilt_fields_are_both_named(out):
    run = boot(out, options=["apic=off", f"poke={encoding('GUEST_RFLAGS'):#x}:0",
                             f"poke={encoding('GUEST_GDTR_LIMIT'):#x}:0x10000"])
    assert {name for name, *_ in VIOLATION.findall(run.log)} == {"GUEST_RFLAGS", "GUEST_GDTR_LIMIT"}


def test_a_field_that_does_not_exist_stops_with_its_number(out):
    run = boot(out, options=["apic=off", "poke=0x6ffe:1"])
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert "6ffe" in run.last_line
