/*
 * exits/hlt.c: HLT, exit reason 12. It exits only while an interrupt waits for the guest, or where
 * the processor delivers virtual interrupts: a processor that sleeps should wake for them, but
 * Bochs 2.7 does not. So the guest falls asleep only if nothing would wake it at once.
 */
#include "apic/apic.h"
#include "cpu/cpu.h"
#include "vmx/vmcs.h"

enum exit_action exit_hlt(struct vcpu *vcpu)
{
    if ((vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF) == 0 || !apic_is_waiting(vcpu))
        vmcs_write(VMCS_GUEST_ACTIVITY_STATE, ACTIVITY_HLT);
    return EXIT_SKIP;
}
