/*
 * apic/mmio.c: apic=mmio. EPT maps nothing at the APIC's page, so each access is an EPT violation,
 * which is decoded and emulated (emulate/emulate.c). MOV CR8 reaches TPR as well, so it exits too.
 * It needs nothing of the processor but EPT, and it is how every hypervisor began.
 */
#include "apic/apic.h"

const struct apic_mode apic_mmio = {
    .name = "mmio",
    .page_access = EPT_NOTHING,
};
