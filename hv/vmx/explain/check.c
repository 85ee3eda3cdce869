/*
 * vmx/explain/check.c: the walk through the VM-entry checks, and the rules that many fields share.
 */
#include "vmx/explain/check.h"
#include "vmx/explain/check_rules.h"

#define EFER_VALID (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

/* The SDM's lists of rules, and who goes through each. */
static const struct {
    const char *section;
    void (*check)(struct check *check);
} lists[] = {
    {"VM-Execution Control Fields (27.2.1.1)", check_execution_controls},
    {"VM-Execution Control Fields (27.2.1.1)", check_apic_controls},
    {"VM-Exit Control Fields (27.2.1.2)", check_exit_controls},
    {"VM-Entry Control Fields (27.2.1.3)", check_entry_controls},
    {"Checks on Host Control Registers, MSRs, and SSP (27.2.2)", check_host_registers},
    {"Checks on Host Segment and Descriptor-Table Registers (27.2.3)", check_host_segments},
    {"Checks Related to Address-Space Size (27.2.4)", check_address_space},
    {"Checks on Guest Control Registers, Debug Registers, and MSRs (27.3.1.1)",
     check_guest_registers},
    {"Checks on Guest Descriptor-Table Registers (27.3.1.3)", check_guest_tables},
    {"Checks on Guest RIP, RFLAGS, and SSP (27.3.1.4)", check_guest_rip_and_flags},
    {"Checks on Guest Page-Directory-Pointer-Table Entries (27.3.1.6)", check_guest_pdptes},
    {"Checks on Guest Segment Registers (27.3.1.2)", check_guest_segments},
    {"Checks on Guest Non-Register State (27.3.1.5)", check_guest_activity},
};

uint64_t check_value(const struct check *check, uint32_t field)
{
    return check->checker->read(check->checker->context, field);
}

static void report(struct check *check, uint32_t field, uint64_t bits, const char *rule)
{
    struct vmcs_violation violation;
    violation.field = field;
    violation.value = check_value(check, field);
    violation.bits = bits;
    violation.rule = rule;
    violation.section = check->section;
    check->broken++;
    check->report(check->report_context, &violation);
}

void check_rule(struct check *check, uint32_t field, bool holds, const char *rule)
{
    if (!holds)
        report(check, field, 0, rule);
}

void check_bits(struct check *check, uint32_t field, uint64_t wrong, const char *rule)
{
    if (wrong != 0)
        report(check, field, wrong, rule);
}

void check_zero(struct check *check, uint32_t field, uint64_t mask, const char *rule)
{
    check_bits(check, field, check_value(check, field) & mask, rule);
}

void check_sign_extended(struct check *check, uint32_t field, uint32_t first, const char *rule)
{
    uint64_t value = check_value(check, field);
    check_rule(check, field, value >> first == 0 || ~value >> first == 0, rule);
}

void check_canonical(struct check *check, uint32_t field)
{
    check_sign_extended(check, field, check->capabilities->linear_width - 1,
                        "must be a canonical address");
}

void check_physical(struct check *check, uint32_t field)
{
    check_zero(check, field, check->beyond_physical,
               "must not go beyond the physical-address width");
}

void check_page(struct check *check, uint32_t field)
{
    check_zero(check, field, 0xfff, "must be 4 KiB aligned");
    check_physical(check, field);
}

void check_pat(struct check *check, uint32_t field)
{
    uint64_t pat = check_value(check, field);
    uint64_t wrong = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint64_t type = pat >> shift & 0xff;
        if (type == 2 || type == 3 || type > 7)
            wrong |= 0xffull << shift;
    }
    check_bits(check, field, wrong, "each byte must be 0 UC, 1 WC, 4 WT, 5 WP, 6 WB or 7 UC-");
}

void check_efer(struct check *check, uint32_t field, bool long_mode)
{
    check_zero(check, field, ~EFER_VALID, "reserved bits must be 0");
    check_rule(check, field, ((check_value(check, field) & EFER_LMA) != 0) == long_mode,
               "LMA must equal the control (entry IA32E_MODE_GUEST, exit HOST_ADDRESS_SPACE_SIZE)");
}

void check_fixed(struct check *check, uint32_t field, uint64_t must_be_1, uint64_t may_be_1)
{
    uint64_t value = check_value(check, field);
    check_bits(check, field, must_be_1 & ~value, "bits that VMX fixes to 1 must be 1");
    check_bits(check, field, value & ~may_be_1, "bits that VMX fixes to 0 must be 0");
}

/* Controls that the processor has: another one that is set breaks a rule by itself, and the fields
 * that it would bring with it do not exist. */
static uint32_t read_controls(struct check *check, uint32_t field, uint64_t capability)
{
    return (uint32_t)check_value(check, field) & (uint32_t)(capability >> 32);
}

/* The fields that switch rules on and off, read once. */
static void read_switches(struct check *check)
{
    const struct vmcs_capabilities *can = check->capabilities;
    uint32_t event = (uint32_t)check_value(check, VMCS_VM_ENTRY_INTERRUPTION_INFO);

    check->pin = read_controls(check, VMCS_PIN_CONTROLS, can->pin);
    check->proc = read_controls(check, VMCS_PRIMARY_PROC_CONTROLS, can->proc);
    check->proc2 = 0;
    if (check->proc & PROC_ACTIVATE_SECONDARY)
        check->proc2 = read_controls(check, VMCS_SECONDARY_PROC_CONTROLS, can->proc2);
    check->exit = read_controls(check, VMCS_EXIT_CONTROLS, can->exit);
    check->entry = read_controls(check, VMCS_ENTRY_CONTROLS, can->entry);
    check->event_type = event & INTERRUPTION_VALID ? event & INTERRUPTION_TYPE : NO_EVENT;
    check->event_vector = event & INTERRUPTION_VECTOR;
    check->cr0 = check_value(check, VMCS_GUEST_CR0);
    check->cr4 = check_value(check, VMCS_GUEST_CR4);
    check->rflags = check_value(check, VMCS_GUEST_RFLAGS);
    check->ia32e_guest = (check->entry & ENTRYCTL_IA32E_MODE_GUEST) != 0;
    check->virtual_8086 = (check->rflags & RFLAGS_VM) != 0;
    check->beyond_physical = UINT64_MAX << can->physical_width;
    check->unrestricted = (check->proc2 & PROC2_UNRESTRICTED_GUEST) != 0;
}

unsigned vmcs_check(const struct vmcs_checker *checker, vmcs_report_fn *report_fn, void *context)
{
    struct check check = {
        .checker = checker,
        .capabilities = checker->capabilities,
        .report = report_fn,
        .report_context = context,
    };

    read_switches(&check);
    for (uint32_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        check.section = lists[i].section;
        lists[i].check(&check);
    }
    return check.broken;
}
