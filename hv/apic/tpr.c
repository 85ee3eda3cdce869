/*
 * apic/tpr.c: apic=tpr. As tpr-ro, but writes of TPR go to the virtual-APIC page as well. The
 * hypervisor does not see them any more. That is the gain, and the danger: PPR must be computed
 * from the page each time, and when a lower TPR would let a waiting interrupt through, the TPR
 * threshold must be there to cause an exit.
 * Source: SDM volume 3, "TPR Virtualization" (3C 30.1.2).
 */
#include "apic/apic.h"

const struct apic_mode apic_tpr = {
    .name = "tpr",
    .virtual = {.tpr_shadow = true, .page_accesses = true},
    .page_access = EPT_READ_WRITE,
};
