/*
 * vmx/explain/check.c: the walk through the VM-entry checks, and the rules that many fields share.
 */
#include "vmx/explain/check.h"
#include "vmx/explain/check_rules.h"

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

/* Canonical: the bits above the linear-address width all repeat its highest bit. */
bool check_is_canonical(const struct check *check, uint64_t address)
{
    uint64_t upper = address >> (check->capabilities->linear_width - 1);
    return upper == 0 || upper == UINT64_MAX >> (check->capabilities->linear_width - 1);
}

uint64_t check_beyond_physical(const struct check *check, uint64_t address)
{
    return address & (UINT64_MAX << check->capabilities->physical_width);
}

void check_canonical(struct check *check, uint32_t field)
{
    check_rule(check, field, check_is_canonical(check, check_value(check, field)),
               "must be a canonical address");
}

void check_page(struct check *check, uint32_t field)
{
    uint64_t address = check_value(check, field);
    check_bits(check, field, address & 0xfff, "must be 4 KiB aligned");
    check_bits(check, field, check_beyond_physical(check, address),
               "must not go beyond the physical-address width");
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
    uint64_t efer = check_value(check, field);
    check_bits(check, field, efer & ~CHECK_EFER_VALID, "reserved bits must be 0");
    check_rule(check, field, ((efer & EFER_LMA) != 0) == long_mode,
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

    check->pin = read_controls(check, VMCS_PIN_CONTROLS, can->pin);
    check->proc = read_controls(check, VMCS_PRIMARY_PROC_CONTROLS, can->proc);
    check->proc2 = 0;
    if (check->proc & PROC_ACTIVATE_SECONDARY)
        check->proc2 = read_controls(check, VMCS_SECONDARY_PROC_CONTROLS, can->proc2);
    check->exit = read_controls(check, VMCS_EXIT_CONTROLS, can->exit);
    check->entry = read_controls(check, VMCS_ENTRY_CONTROLS, can->entry);
    check->injection = (uint32_t)check_value(check, VMCS_VM_ENTRY_INTERRUPTION_INFO);
    if (!(check->injection & INTERRUPTION_VALID))
        check->injection = 0;
    check->cr0 = check_value(check, VMCS_GUEST_CR0);
    check->cr4 = check_value(check, VMCS_GUEST_CR4);
    check->rflags = check_value(check, VMCS_GUEST_RFLAGS);
    check->ia32e_guest = (check->entry & ENTRYCTL_IA32E_MODE_GUEST) != 0;
    check->virtual_8086 = (check->rflags & RFLAGS_VM) != 0;
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
    check_execution_controls(&check);
    check_apic_controls(&check);
    check_exit_controls(&check);
    check_entry_controls(&check);
    check_host_state(&check);
    check_guest_registers(&check);
    check_guest_segments(&check);
    check_guest_activity(&check);
    return check.broken;
}
