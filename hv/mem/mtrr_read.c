/*
 * mem/mtrr_read.c: copies the MTRRs out of the processor for model/mtrr.c to reason about.
 */
#include "mem/mtrr_read.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"

void mtrr_read(struct mtrr_state *mtrr, uint32_t physical_bits)
{
    mtrr->physical_mask = (1ull << physical_bits) - 1;
    mtrr->present = (cpuid(1, 0).edx & CPUID_1_EDX_MTRR) != 0;
    if (!mtrr->present)
        return;
    mtrr->capabilities = rdmsr(MSR_IA32_MTRRCAP);
    mtrr->default_type = rdmsr(MSR_IA32_MTRR_DEF_TYPE);
    if (mtrr->capabilities & MTRRCAP_FIXED) {
        mtrr->fixed[0] = rdmsr(MSR_IA32_MTRR_FIX64K);
        mtrr->fixed[1] = rdmsr(MSR_IA32_MTRR_FIX16K_80);
        mtrr->fixed[2] = rdmsr(MSR_IA32_MTRR_FIX16K_A0);
        for (uint32_t i = 3; i < MTRR_FIXED; i++)
            mtrr->fixed[i] = rdmsr(MSR_IA32_MTRR_FIX4K_C0 + i - 3);
    }
    for (uint32_t i = 0; i < (mtrr->capabilities & MTRRCAP_COUNT) && i < MTRR_VARIABLE_MAX; i++) {
        mtrr->variable[i].base = rdmsr(MSR_IA32_MTRR_PHYSBASE0 + 2 * i);
        mtrr->variable[i].mask = rdmsr(MSR_IA32_MTRR_PHYSBASE0 + 2 * i + 1);
    }
}
