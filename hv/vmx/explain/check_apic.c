/*
 * vmx/explain/check_apic.c: the rules of "VM-Execution Control Fields" (27.2.1.1) that are about
 * APIC virtualization.
 */
#include "vmx/explain/check_rules.h"

static void check_tpr_shadow(struct check *check)
{
    check_page(check, VMCS_VIRTUAL_APIC_ADDRESS);
    if (check->proc2 & PROC2_VIRTUAL_INTERRUPT_DELIVERY)
        return; /* then the threshold is not used */
    uint64_t threshold = check_value(check, VMCS_TPR_THRESHOLD);
    check_zero(check, VMCS_TPR_THRESHOLD, 0xfffffff0u, "bits 31:4 must be 0");
    if (!(check->proc2 & PROC2_VIRTUALIZE_APIC_ACCESSES) && check->checker->vtpr_known)
        check_rule(check, VMCS_TPR_THRESHOLD, (threshold & 0xf) <= check->checker->vtpr >> 4,
                   "must not be above bits 7:4 of the virtual TPR unless VIRTUALIZE_APIC_ACCESSES");
}

static void check_posted_interrupts(struct check *check)
{
    check_rule(check, VMCS_PIN_CONTROLS, (check->proc2 & PROC2_VIRTUAL_INTERRUPT_DELIVERY) != 0,
               "PROCESS_POSTED_INTERRUPTS needs VIRTUAL_INTERRUPT_DELIVERY");
    check_rule(check, VMCS_PIN_CONTROLS, (check->exit & EXITCTL_ACKNOWLEDGE_INTERRUPT) != 0,
               "PROCESS_POSTED_INTERRUPTS needs the exit control ACKNOWLEDGE_INTERRUPT");
    check_zero(check, VMCS_POSTED_INTERRUPT_VECTOR, 0xff00u,
               "bits 15:8 must be 0: a vector is 0 to 255");
    check_zero(check, VMCS_POSTED_INTERRUPT_DESCRIPTOR, 0x3f, "must be 64-byte aligned");
    check_physical(check, VMCS_POSTED_INTERRUPT_DESCRIPTOR);
}

void check_apic_controls(struct check *check)
{
    const uint32_t need_shadow = PROC2_VIRTUALIZE_X2APIC_MODE | PROC2_APIC_REGISTER_VIRTUALIZATION |
                                 PROC2_VIRTUAL_INTERRUPT_DELIVERY;
    if (check->proc & PROC_USE_TPR_SHADOW)
        check_tpr_shadow(check);
    else
        check_bits(check, VMCS_SECONDARY_PROC_CONTROLS, check->proc2 & need_shadow,
                   "x2APIC mode, APIC-register virtualization and virtual-interrupt delivery need "
                   "the primary control USE_TPR_SHADOW");
    if (check->proc2 & PROC2_VIRTUALIZE_APIC_ACCESSES) {
        check_page(check, VMCS_APIC_ACCESS_ADDRESS);
        check_bits(check, VMCS_SECONDARY_PROC_CONTROLS, check->proc2 & PROC2_VIRTUALIZE_X2APIC_MODE,
                   "VIRTUALIZE_X2APIC_MODE excludes VIRTUALIZE_APIC_ACCESSES");
    }
    check_rule(check, VMCS_SECONDARY_PROC_CONTROLS,
               !(check->proc2 & PROC2_VIRTUAL_INTERRUPT_DELIVERY) ||
                   check->pin & PIN_EXTERNAL_INTERRUPT_EXITING,
               "VIRTUAL_INTERRUPT_DELIVERY needs the pin control EXTERNAL_INTERRUPT_EXITING");
    if (check->pin & PIN_PROCESS_POSTED_INTERRUPTS)
        check_posted_interrupts(check);
}
