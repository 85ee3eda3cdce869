/*
 * vmx/dump.c: the last exit, as VMX says it.
 */
#include "console/log.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

void vmx_dump(const struct vcpu *vcpu)
{
    uint32_t reason = (uint32_t)vmcs_read(VMCS_EXIT_REASON);

    log_error("cpu %u: exit reason %x (%s), qualification %lx", vcpu->id, reason,
              exit_reason_name(reason & 0xFFFF), vmcs_read(VMCS_EXIT_QUALIFICATION));
    log_error("  at %lx:%lx, instruction length %lx, linear %lx, physical %lx",
              vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP),
              vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH), vmcs_read(VMCS_GUEST_LINEAR_ADDRESS),
              vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS));
    log_error("  interruption %lx, being delivered %lx, interruptibility %lx, activity %lx",
              vmcs_read(VMCS_EXIT_INTERRUPTION_INFO), vmcs_read(VMCS_IDT_VECTORING_INFO),
              vmcs_read(VMCS_GUEST_INTERRUPTIBILITY), vmcs_read(VMCS_GUEST_ACTIVITY_STATE));
}
