/*
 * vmx/explain/check_host.c: the checks on the host-state area: where a VM exit would lead. A VMCS
 * that breaks one of them is refused with VM-instruction error 8.
 */
#include "vmx/explain/check_rules.h"

void check_host_registers(struct check *check)
{
    const struct vmcs_capabilities *can = check->capabilities;
    bool wide = (check->exit & EXITCTL_HOST_ADDRESS_SPACE_SIZE) != 0;
    check_fixed(check, VMCS_HOST_CR0, can->cr0_fixed0, can->cr0_fixed1);
    check_fixed(check, VMCS_HOST_CR4, can->cr4_fixed0, can->cr4_fixed1);
    check_physical(check, VMCS_HOST_CR3);
    check_canonical(check, VMCS_HOST_SYSENTER_ESP);
    check_canonical(check, VMCS_HOST_SYSENTER_EIP);
    if (check->exit & EXITCTL_LOAD_PAT)
        check_pat(check, VMCS_HOST_PAT);
    if (check->exit & EXITCTL_LOAD_EFER) {
        check_efer(check, VMCS_HOST_EFER, wide);
        check_rule(check, VMCS_HOST_EFER,
                   ((check_value(check, VMCS_HOST_EFER) & EFER_LME) != 0) == wide,
                   "LME must equal the exit control HOST_ADDRESS_SPACE_SIZE");
    }
}

void check_host_segments(struct check *check)
{
    for (uint32_t field = VMCS_HOST_ES_SELECTOR; field <= VMCS_HOST_TR_SELECTOR; field += 2)
        check_zero(check, field, 7, "RPL and TI (bits 2:0) must be 0");
    check_rule(check, VMCS_HOST_CS_SELECTOR, check_value(check, VMCS_HOST_CS_SELECTOR) != 0,
               "must not be 0");
    check_rule(check, VMCS_HOST_TR_SELECTOR, check_value(check, VMCS_HOST_TR_SELECTOR) != 0,
               "must not be 0");
    check_rule(check, VMCS_HOST_SS_SELECTOR,
               check->exit & EXITCTL_HOST_ADDRESS_SPACE_SIZE ||
                   check_value(check, VMCS_HOST_SS_SELECTOR) != 0,
               "must not be 0 for a 32-bit host");
    for (uint32_t field = VMCS_HOST_FS_BASE; field <= VMCS_HOST_IDTR_BASE; field += 2)
        check_canonical(check, field);
}

/* hv16 is always in 64-bit mode when it enters a guest, so the control must say so. */
void check_address_space(struct check *check)
{
    if (!(check->exit & EXITCTL_HOST_ADDRESS_SPACE_SIZE)) {
        check_rule(check, VMCS_EXIT_CONTROLS, false,
                   "HOST_ADDRESS_SPACE_SIZE must be 1: the hypervisor is in 64-bit mode");
        check_bits(check, VMCS_ENTRY_CONTROLS, check->entry & ENTRYCTL_IA32E_MODE_GUEST,
                   "IA32E_MODE_GUEST needs the exit control HOST_ADDRESS_SPACE_SIZE");
        check_zero(check, VMCS_HOST_CR4, CR4_PCIDE, "PCIDE must be 0, 32-bit host");
        check_zero(check, VMCS_HOST_RIP, CHECK_HIGH_HALF, "bits 63:32 must be 0, 32-bit host");
        return;
    }
    check_rule(check, VMCS_HOST_CR4, (check_value(check, VMCS_HOST_CR4) & CR4_PAE) != 0,
               "PAE must be 1, 64-bit host");
    check_canonical(check, VMCS_HOST_RIP);
}
