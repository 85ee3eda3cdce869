/*
 * model/mtrr.c: which memory type the MTRRs give an address.
 *
 * Source: SDM volume 3, "Memory Type Range Registers (MTRRs)" (3A 12.11), above all its parts
 * "MTRR Precedences" (12.11.4.1) and "IA32_MTRR_DEF_TYPE MSR" (12.11.2.1).
 */
#include "model/mtrr.h"
#include "cpu/x86.h"

#define FIXED_END  0x100000ull  /* the fixed-range MTRRs cover the first MiB */
#define DEF_FIXED  (1ull << 10) /* IA32_MTRR_DEF_TYPE: FE and E */
#define DEF_ENABLE (1ull << 11)
#define MASK_VALID (1ull << 11)
#define TYPE_BITS  0xFFull

/* A reserved encoding cannot be written to the MSRs. If it is there all the same, UC is the type
 * that is never wrong, only slow; EPT would answer the encoding itself with a misconfiguration. */
static enum memory_type type_of(uint64_t bits)
{
    uint64_t type = bits & TYPE_BITS;
    bool reserved = type == 2 || type == 3 || type > MEM_WB;

    return reserved ? MEM_UC : (enum memory_type)type;
}

/* "MTRR Precedences": UC wins, WT wins over WB. For any other pair the manual promises nothing. */
static enum memory_type combine(enum memory_type a, enum memory_type b)
{
    if (a == b)
        return a;
    if ((a == MEM_WT && b == MEM_WB) || (a == MEM_WB && b == MEM_WT))
        return MEM_WT;
    return MEM_UC;
}

static bool fixed_covers(const struct mtrr_state *mtrr, uint64_t page)
{
    return page < FIXED_END && (mtrr->capabilities & MTRRCAP_FIXED) != 0 &&
           (mtrr->default_type & DEF_FIXED) != 0;
}

/* Eight types in each register: 64 KiB each in the first, 16 KiB in two more, then 4 KiB. */
static enum memory_type fixed_type(const struct mtrr_state *mtrr, uint64_t page)
{
    uint64_t field;

    if (page < 0x80000)
        field = page / 0x10000;
    else if (page < 0xC0000)
        field = 8 + (page - 0x80000) / 0x4000;
    else
        field = 24 + (page - 0xC0000) / 0x1000;
    return type_of(mtrr->fixed[field / 8] >> (field % 8 * 8));
}

static uint32_t variable_count(const struct mtrr_state *mtrr)
{
    uint32_t count = (uint32_t)(mtrr->capabilities & MTRRCAP_COUNT);

    return count < MTRR_VARIABLE_MAX ? count : MTRR_VARIABLE_MAX;
}

/* The address bits that variable range `i` compares; with none of them set it covers all memory. */
static uint64_t compared_bits(const struct mtrr_state *mtrr, uint32_t i)
{
    return mtrr->variable[i].mask & mtrr->physical_mask & ~(PAGE_SIZE - 1);
}

enum memory_type mtrr_type(const struct mtrr_state *mtrr, uint64_t page)
{
    enum memory_type type = MEM_UC;
    bool covered = false;

    if (!mtrr->present)
        return MEM_WB;
    if ((mtrr->default_type & DEF_ENABLE) == 0)
        return MEM_UC;
    if (fixed_covers(mtrr, page))
        return fixed_type(mtrr, page);

    for (uint32_t i = 0; i < variable_count(mtrr); i++) {
        enum memory_type this_type = type_of(mtrr->variable[i].base);
        uint64_t differs = (page ^ mtrr->variable[i].base) & compared_bits(mtrr, i);

        if ((mtrr->variable[i].mask & MASK_VALID) == 0 || differs != 0)
            continue;
        type = covered ? combine(type, this_type) : this_type;
        covered = true;
    }
    return covered ? type : type_of(mtrr->default_type);
}

/* Whether some register tells two pages of [base, base + size) apart. */
static bool is_split(const struct mtrr_state *mtrr, uint64_t base, uint64_t size)
{
    if (size > PAGE_SIZE && fixed_covers(mtrr, base))
        return true; /* fine enough: the first MiB is looked at once, page by page */

    for (uint32_t i = 0; i < variable_count(mtrr); i++) {
        uint64_t compared = compared_bits(mtrr, i);
        uint64_t differs = (base ^ mtrr->variable[i].base) & compared & ~(size - 1);

        /* Split if the range compares bits inside `size` and agrees in all bits above. */
        if ((mtrr->variable[i].mask & MASK_VALID) != 0 && (compared & (size - 1)) != 0 &&
            differs == 0)
            return true;
    }
    return false;
}

bool mtrr_uniform(const struct mtrr_state *mtrr, uint64_t base, uint64_t size,
                  enum memory_type *type)
{
    enum memory_type upper;

    *type = mtrr_type(mtrr, base);
    /* Halves only what is split, so that a GiB of one type takes a few steps and not 2^18. */
    if (!is_split(mtrr, base, size))
        return true;
    size /= 2;
    return mtrr_uniform(mtrr, base, size, type) && mtrr_uniform(mtrr, base + size, size, &upper) &&
           upper == *type;
}
