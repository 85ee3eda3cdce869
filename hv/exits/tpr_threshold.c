/*
 * exits/tpr_threshold.c: the guest has lowered its TPR below the threshold, exit reason 43. Source:
 * SDM volume 3, "TPR Virtualization" (3C 30.1.2).
 */
#include "apic/apic.h"
#include "exits/exits.h"

/* What waited for this may be delivered. The guest goes on after its write. */
enum exit_action exit_tpr_threshold(struct vcpu *vcpu)
{
    /* TPR is in the virtual-APIC page already, and RIP is past the write: nothing to skip. */
    apic_update(vcpu);
    return EXIT_RESUME;
}
