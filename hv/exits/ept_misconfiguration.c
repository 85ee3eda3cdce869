/*
 * exits/ept_misconfiguration.c: an EPT entry has a value that means nothing, exit reason 49. It is
 * the hypervisor's own mistake, always.
 */
#include "console/log.h"
#include "exits/exits.h"
#include "mem/ept.h"
#include "virt/virt.h"

enum exit_action exit_ept_misconfiguration(struct vcpu *vcpu)
{
    uint64_t address = virt->exit_memory().address;

    (void)vcpu;
    log_error("EPT misconfiguration at %lx: the entry is %lx (SDM volume 3, \"EPT "
              "Misconfigurations\", 29.3.3.1)",
              address, ept_entry_for(address));
    return EXIT_UNHANDLED;
}
