/*
 * apic/tpr_ro.c: apic=tpr-ro. The guest's page is the APIC-access page, and EPT allows to read it
 * only. Reads of TPR come from the virtual-APIC page without an exit; a write of TPR is an EPT
 * violation, because EPT comes first; all other accesses are APIC-access exits.
 * Source: SDM volume 3, "Virtualizing Memory-Mapped APIC Accesses" (3C 30.4).
 */
#include "apic/apic.h"

const struct apic_mode apic_tpr_ro = {
    .name = "tpr-ro",
    .virtual = {.tpr_shadow = true, .page_accesses = true},
    .page_access = EPT_READ_ONLY,
};
