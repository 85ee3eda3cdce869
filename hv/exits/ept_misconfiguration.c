/*
 * exits/ept_misconfiguration.c: an EPT entry has a value that means nothing, exit reason 49. It is
 * the hypervisor's own mistake, always.
 */
#include "console/log.h"
#include "exits/exits.h"
#include "mem/ept.h"
#include "vmx/vmcs.h"

enum exit_action exit_ept_misconfiguration(struct vcpu *vcpu)
{
    uint64_t address = vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS);

    (void)vcpu;
    log_error("EPT misconfiguration at %lx: the entry is %lx (SDM volume 3, \"EPT "
              "Misconfigurations\", 29.3.3.1)",
              address, ept_entry_for(address));
    return EXIT_UNHANDLED;
}
