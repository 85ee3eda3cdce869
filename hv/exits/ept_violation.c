/*
 * exits/ept_violation.c: the guest used a physical address that EPT does not map, exit reason 48.
 */
#include "console/log.h"
#include "exits/exits.h"
#include "mem/ept.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

enum exit_action exit_ept_violation(struct vcpu *vcpu, const struct exit_info *info)
{
    uint64_t address = vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS);
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);

    (void)info;
    inject_no_step_trap();
    inject_interrupted_event(); /* it will try to push its frame again */
    if (ept_is_hidden(address))
        return hidden_access(vcpu, address, qualification);
    if (ept_map_missing(address))
        return EXIT_RESUME;
    log_error("EPT violation at %lx, qualification %lx: mapped by entry %lx", address,
              qualification, ept_entry_for(address));
    return EXIT_UNHANDLED;
}
