/*
 * exits/tpr_threshold.c: the guest has lowered its TPR below the threshold, exit reason 43. TPR is
 * in the virtual-APIC page already; what it held back may go now. Source: SDM volume 3, "TPR
 * Virtualization" (3C 30.1.2).
 */
#include "apic/apic.h"

enum exit_action exit_tpr_threshold(struct vcpu *vcpu, const struct exit_info *info)
{
    (void)info;
    apic_update(vcpu);
    return EXIT_RESUME;
}
