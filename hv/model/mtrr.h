/*
 * model/mtrr.h: which memory type the MTRRs give an address. Pure logic over a copy of the MSRs.
 * Source: SDM volume 3, "Memory Type Range Registers (MTRRs)" (3A 12.11).
 */
#pragma once

#include "cpu/x86.h"
#include <stdbool.h>
#include <stdint.h>

/* "IA32_MTRRCAP Register" (12.11.1). */
#define MTRRCAP_COUNT 0xFFull /* the number of variable ranges */
#define MTRRCAP_FIXED 0x100ull

#define MTRR_VARIABLE_MAX 32
#define MTRR_FIXED        11 /* 64K_00000, 16K_80000, 16K_A0000, 4K_C0000 ... 4K_F8000 */

struct mtrr_state {
    bool present;          /* CPUID.01H:EDX.MTRR; without it all memory is write-back */
    uint64_t capabilities; /* IA32_MTRRCAP */
    uint64_t default_type; /* IA32_MTRR_DEF_TYPE */
    uint64_t fixed[MTRR_FIXED];
    struct {
        uint64_t base, mask; /* IA32_MTRR_PHYSBASEn, IA32_MTRR_PHYSMASKn */
    } variable[MTRR_VARIABLE_MAX];
    uint64_t physical_mask; /* the bits below MAXPHYADDR */
};

/* The type of the one 4 KiB page at physical address `page`. */
enum memory_type mtrr_type(const struct mtrr_state *mtrr, uint64_t page);

/*
 * The type of [base, base + size), when all of it has one: true, with the type in `type`.
 * `size` is a power of two of at least 4 KiB, `base` a multiple of it. False: split it.
 */
bool mtrr_uniform(const struct mtrr_state *mtrr, uint64_t base, uint64_t size,
                  enum memory_type *type);
