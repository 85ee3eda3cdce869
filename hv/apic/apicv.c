/*
 * apic/apicv.c: apic=apicv. The processor reads all registers from the virtual-APIC page, and
 * evaluates and delivers the interrupts in it by itself: TPR, EOI and self-IPIs do not exit. Other
 * writes go to the page first and exit then (APIC-write exits), so nothing need be decoded.
 * Source: SDM volume 3, "Evaluation and Delivery of Virtual Interrupts" (3C 30.2),
 * "Virtualizing Memory-Mapped APIC Accesses" (30.4).
 */
#include "apic/apic.h"

const struct apic_mode apic_apicv = {
    .name = "apicv",
    .virtual = {.tpr_shadow = true, .page_accesses = true, .registers = true, .delivery = true},
    .page_access = EPT_READ_WRITE,
};
