/*
 * mem/mtrr_read.h: the processor's MTRRs, for model/mtrr.h.
 */
#pragma once

#include "model/mtrr.h"

/* Fills `mtrr` from the MSRs. `physical_bits` is MAXPHYADDR (CPUID 80000008h, 36 without it). */
void mtrr_read(struct mtrr_state *mtrr, uint32_t physical_bits);
