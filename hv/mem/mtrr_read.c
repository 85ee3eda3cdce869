/*
 * mem/mtrr_read.c: copies the MTRRs out of the processor for model/mtrr.c to reason about.
 */
#include "mem/mtrr_read.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"

static const uint16_t fixed_msrs[MTRR_FIXED] = {
    MSR_IA32_MTRR_FIX64K,       MSR_IA32_MTRR_FIX16K_80,    MSR_IA32_MTRR_FIX16K_A0,
    MSR_IA32_MTRR_FIX4K_C0,     MSR_IA32_MTRR_FIX4K_C0 + 1, MSR_IA32_MTRR_FIX4K_C0 + 2,
    MSR_IA32_MTRR_FIX4K_C0 + 3, MSR_IA32_MTRR_FIX4K_C0 + 4, MSR_IA32_MTRR_FIX4K_C0 + 5,
    MSR_IA32_MTRR_FIX4K_C0 + 6, MSR_IA32_MTRR_FIX4K_C0 + 7,
};

void mtrr_read(struct mtrr_state *mtrr, uint32_t physical_bits)
{
    mtrr->physical_mask = (1ull << physical_bits) - 1;
    mtrr->present = (cpuid(1, 0).edx & CPUID_1_EDX_MTRR) != 0;
    if (!mtrr->present)
        return;
    mtrr->capabilities = rdmsr(MSR_IA32_MTRRCAP);
    mtrr->default_type = rdmsr(MSR_IA32_MTRR_DEF_TYPE);
    if (mtrr->capabilities & MTRRCAP_FIXED) {
        for (uint32_t i = 0; i < MTRR_FIXED; i++)
            mtrr->fixed[i] = rdmsr(fixed_msrs[i]);
    }
    for (uint32_t i = 0; i < (mtrr->capabilities & MTRRCAP_COUNT) && i < MTRR_VARIABLE_MAX; i++) {
        mtrr->variable[i].base = rdmsr(MSR_IA32_MTRR_PHYSBASE0 + 2 * i);
        mtrr->variable[i].mask = rdmsr(MSR_IA32_MTRR_PHYSBASE0 + 2 * i + 1);
    }
}
