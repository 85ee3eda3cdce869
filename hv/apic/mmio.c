/*
 * apic/mmio.c: apic=mmio. EPT maps nothing at the APIC's page, so each access is an EPT violation,
 * which is decoded and emulated (emulate.c). MOV CR8 reaches TPR as well, so it exits too. It needs
 * nothing of the processor but EPT, and it is how every hypervisor began.
 */
#include "apic/apic.h"
#include "vmx/fields.h"

const struct apic_way apic_mmio = {
    .name = "mmio",
    .proc = PROC_CR8_LOAD_EXITING | PROC_CR8_STORE_EXITING,
    .page_access = EPT_NOTHING,
};
