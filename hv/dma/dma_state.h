/*
 * dma/dma_state.h: what dma/ keeps for each vCPU.
 */
#pragma once

#include <stdint.h>

struct dma_state {
    uint16_t watched; /* where the bus master's ports are that exit: dma/dma.c */
    uint64_t started, refused;
};
