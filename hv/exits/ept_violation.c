/*
 * exits/ept_violation.c: the guest used a physical address that EPT does not map, exit reason 48.
 */
#include "apic/apic.h"
#include "console/log.h"
#include "exits/exits.h"
#include "machine.h"
#include "mem/ept.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

enum exit_action exit_ept_violation(struct vcpu *vcpu)
{
    uint64_t address = vmcs_read_proven(VMCS_GUEST_PHYSICAL_ADDRESS);
    uint64_t qualification = vmcs_read_proven(VMCS_EXIT_QUALIFICATION);

    inject_no_step_trap();
    inject_interrupted_event(); /* it will try to push its frame again */
    if (ept_is_hidden(address))
        return hidden_access(vcpu, address, qualification);
    if (apic_claims(vcpu, address)) {
        if (qualification & EPT_VIOLATION_FETCH)
            machine_stop("the guest executes its APIC's page, at %lx:%lx: that is no memory",
                         vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP));
        return apic_emulate(vcpu, address, (qualification & EPT_VIOLATION_WRITE) != 0);
    }
    if (ept_map_missing(address))
        return EXIT_RESUME;
    log_error("EPT violation at %lx, qualification %lx: mapped by entry %lx", address,
              qualification, ept_entry_for(address));
    return EXIT_UNHANDLED;
}
