/*
 * vmx/vmx_state.h: what vmx/ keeps for each vCPU: the pages that the processor reads.
 */
#pragma once

#include <stdint.h>

struct vmx_state {
    void *vmxon, *vmcs; /* the regions, each of 4 KiB */
    uint8_t *io_bitmap; /* two of them: ports 0-7FFFh and 8000h-FFFFh */
    uint8_t *msr_bitmap;
};
