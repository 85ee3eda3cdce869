/*
 * apic/mmio.c: apic=mmio. EPT maps nothing at the APIC's page, so each access is an EPT violation,
 * which is decoded and emulated (emulate.c). It needs nothing of the processor but EPT, and it is
 * how every hypervisor began.
 */
#include "apic/apic.h"

const struct apic_way apic_mmio = {
    .name = "mmio",
    .page_access = EPT_NOTHING,
};
