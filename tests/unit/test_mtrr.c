/*
 * test_mtrr.c: model/mtrr.c against a second reading of the manual, page by page.
 */
#include "cpu/x86.h"
#include "model/mtrr.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define KIB        0x400ull
#define MIB        0x100000ull
#define GIB        0x40000000ull
#define MASK_VALID 0x800u
#define ENABLE     0x800u
#define FIXED      0x400u

#define BIT(type) (1u << (type))

static const unsigned TYPES[] = {MEM_UC, MEM_WC, MEM_WT, MEM_WP, MEM_WB};

/* SDM, "MTRR Precedences", as a table of the set of types that cover a page. */
static enum memory_type type_of_set(unsigned set)
{
    switch (set) {
    case BIT(MEM_WC):
        return MEM_WC;
    case BIT(MEM_WT):
    case BIT(MEM_WT) | BIT(MEM_WB):
        return MEM_WT;
    case BIT(MEM_WP):
        return MEM_WP;
    case BIT(MEM_WB):
        return MEM_WB;
    default: /* UC among them, or a mix with no promise */
        return MEM_UC;
    }
}

/* Walks the fixed ranges in the order of the manual's table until one contains the page. */
static enum memory_type fixed_model(const struct mtrr_state *mtrr, uint64_t page)
{
    uint64_t start = 0;
    for (unsigned i = 0;; i++) {
        uint64_t size = i < 8 ? 64 * KIB : i < 24 ? 16 * KIB : 4 * KIB;
        if (page < start + size)
            return (enum memory_type)((const uint8_t *)mtrr->fixed)[i];
        start += size;
    }
}

static enum memory_type model(const struct mtrr_state *mtrr, uint64_t page)
{
    unsigned set = 0;

    if (!mtrr->present)
        return MEM_WB;
    if (!(mtrr->default_type & ENABLE))
        return MEM_UC;
    if (page < MIB && (mtrr->capabilities & MTRRCAP_FIXED) && (mtrr->default_type & FIXED))
        return fixed_model(mtrr, page);
    for (unsigned i = 0; i < (mtrr->capabilities & 0xFF); i++) {
        uint64_t mask = mtrr->variable[i].mask & ~(PAGE_SIZE - 1);
        if ((mtrr->variable[i].mask & MASK_VALID) &&
            (page & mask) == (mtrr->variable[i].base & ~(PAGE_SIZE - 1) & mask))
            set |= BIT(mtrr->variable[i].base & 0xFF);
    }
    return set ? type_of_set(set) : (enum memory_type)(mtrr->default_type & 0xFF);
}

/* Each aligned block of each size in [0, end), a power of two, against its pages one by one. */
static void check_blocks(const struct mtrr_state *mtrr, uint64_t end)
{
    enum memory_type types[512], type;

    for (uint64_t page = 0; page < end / PAGE_SIZE; page++) {
        types[page] = model(mtrr, page * PAGE_SIZE);
        if (mtrr_type(mtrr, page * PAGE_SIZE) != types[page])
            fail_msg("page %lx is %d, not %d", page, mtrr_type(mtrr, page * PAGE_SIZE),
                     types[page]);
    }
    for (uint64_t size = 1; size <= end / PAGE_SIZE; size *= 2) {
        for (uint64_t base = 0; base < end / PAGE_SIZE; base += size) {
            bool uniform = true;
            for (uint64_t i = 1; i < size; i++)
                uniform = uniform && types[base + i] == types[base];
            if (mtrr_uniform(mtrr, base * PAGE_SIZE, size * PAGE_SIZE, &type) != uniform)
                fail_msg("pages %lx + %lx: uniform is %d", base, size, uniform);
            if (uniform && type != types[base])
                fail_msg("pages %lx + %lx: %d, not %d", base, size, type, types[base]);
        }
    }
}

/* Eight pages of memory, two ranges: all bases, masks (with holes too), types and defaults. */
static void test_two_ranges_exhaustively(void **state)
{
    struct mtrr_state mtrr = {
        .present = true, .capabilities = 2, .physical_mask = 8 * PAGE_SIZE - 1};
    (void)state;

    for (unsigned code = 0; code < 1u << 12; code++) {
        for (unsigned types = 0; types < 125; types++) {
            mtrr.default_type = ENABLE | TYPES[types % 5];
            mtrr.variable[0].base = (code & 7) * PAGE_SIZE | TYPES[types / 5 % 5];
            mtrr.variable[0].mask = (code >> 3 & 7) * PAGE_SIZE | MASK_VALID;
            mtrr.variable[1].base = (code >> 6 & 7) * PAGE_SIZE | TYPES[types / 25];
            mtrr.variable[1].mask = (code >> 9) * PAGE_SIZE | MASK_VALID;
            check_blocks(&mtrr, 8 * PAGE_SIZE);
        }
    }
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

/* 2 MiB with random ranges, some invalid, over random fixed ranges, each switch on and off. */
static void test_random_states(void **state)
{
    (void)state;

    srand(1);
    for (unsigned round = 0; round < 4000; round++) {
        struct mtrr_state mtrr = {.present = round % 64 != 0, .physical_mask = 2 * MIB - 1};
        mtrr.capabilities = random_below(6) | (random_below(8) ? MTRRCAP_FIXED : 0);
        mtrr.default_type = TYPES[random_below(5)] | (random_below(4) ? FIXED : 0) |
                            (random_below(16) ? ENABLE : 0);
        unsigned kinds = 1 + random_below(5); /* few kinds make large uniform blocks likely */
        for (unsigned i = 0; i < MTRR_FIXED * 8; i++)
            ((uint8_t *)mtrr.fixed)[i] = (uint8_t)TYPES[random_below(kinds)];
        for (unsigned i = 0; i < 8; i++) {
            uint64_t mask = random_below(2) ? random_below(512) : 512u - (1u << random_below(10));
            mtrr.variable[i].base = random_below(512) * PAGE_SIZE | TYPES[random_below(kinds)];
            mtrr.variable[i].mask = mask * PAGE_SIZE | (random_below(8) ? MASK_VALID : 0);
        }
        check_blocks(&mtrr, 2 * MIB);
    }
}

/* One fixed field at a time differs: it must cover its own pages and no other. */
static void test_each_fixed_range(void **state)
{
    struct mtrr_state mtrr = {.present = true,
                              .capabilities = MTRRCAP_FIXED,
                              .default_type = ENABLE | FIXED | MEM_WB,
                              .physical_mask = 2 * MIB - 1};
    (void)state;

    for (unsigned i = 0; i < MTRR_FIXED * 8; i++) {
        ((uint8_t *)mtrr.fixed)[i] = MEM_WC;
        check_blocks(&mtrr, 2 * MIB);
        ((uint8_t *)mtrr.fixed)[i] = MEM_UC;
    }
}

static void assert_uniform(const struct mtrr_state *mtrr, uint64_t base, uint64_t size, int type)
{
    enum memory_type found;

    assert_int_equal(mtrr_uniform(mtrr, base, size, &found), type >= 0);
    if (type >= 0)
        assert_int_equal(found, type);
}

/* A PC with 4 GiB, a hole below 4 GiB and a write-combining frame buffer, as Linux prints it. */
static void test_a_real_pc(void **state)
{
    uint64_t physical = (1ull << 39) - 1;
    struct mtrr_state mtrr = {.present = true,
                              .capabilities = 10 | MTRRCAP_FIXED,
                              .default_type = ENABLE | FIXED | MEM_UC,
                              .fixed = {0x0606060606060606, 0x0606060606060606},
                              .physical_mask = physical};
    (void)state;

    mtrr.variable[0].base = MEM_WB; /* 0 to 4 GiB, and 4 to 5 GiB */
    mtrr.variable[0].mask = (~(4 * GIB - 1) & physical) | MASK_VALID;
    mtrr.variable[1].base = 4 * GIB | MEM_WB;
    mtrr.variable[1].mask = (~(GIB - 1) & physical) | MASK_VALID;
    mtrr.variable[2].base = 3 * GIB | MEM_UC; /* the hole */
    mtrr.variable[2].mask = (~(GIB - 1) & physical) | MASK_VALID;
    mtrr.variable[3].base = 6 * GIB | MEM_WC;
    mtrr.variable[3].mask = (~(256 * MIB - 1) & physical) | MASK_VALID;

    assert_uniform(&mtrr, 0, 512 * KIB, MEM_WB);
    assert_uniform(&mtrr, 0, 2 * MIB, -1);
    assert_uniform(&mtrr, 0xA0000, 0x20000, MEM_UC);
    assert_uniform(&mtrr, 2 * MIB, 2 * MIB, MEM_WB);
    assert_uniform(&mtrr, GIB, GIB, MEM_WB);
    assert_uniform(&mtrr, 2 * GIB, 2 * GIB, -1);
    assert_uniform(&mtrr, 3 * GIB, GIB, MEM_UC);
    assert_uniform(&mtrr, 4 * GIB, GIB, MEM_WB);
    assert_uniform(&mtrr, 4 * GIB, 2 * GIB, -1);
    assert_uniform(&mtrr, 6 * GIB, 256 * MIB, MEM_WC);
    assert_uniform(&mtrr, 6 * GIB, GIB, -1);
    assert_uniform(&mtrr, 256 * GIB, 256 * GIB, MEM_UC);
    mtrr.present = false;
    assert_uniform(&mtrr, 0, 256 * GIB, MEM_WB);
}

/* What no processor holds must still not make an EPT entry that is itself an error. */
static void test_impossible_states(void **state)
{
    struct mtrr_state mtrr = {.present = true, .physical_mask = (1ull << 36) - 1};
    (void)state;

    for (unsigned type = 0; type < 256; type++) {
        bool known = type <= MEM_WB && type != 2 && type != 3;
        mtrr.default_type = ENABLE | type;
        assert_uniform(&mtrr, 0, GIB, known ? (int)type : MEM_UC);
    }
    mtrr.capabilities = 0xFF; /* more ranges than there are registers */
    for (unsigned i = 0; i < MTRR_VARIABLE_MAX; i++)
        mtrr.variable[i].base = MEM_WC;
    mtrr.default_type = ENABLE | MEM_WB;
    assert_uniform(&mtrr, 0, GIB, MEM_WB);
    /* Mask bits that the processor does not have do not count. */
    mtrr.variable[31].mask = (~(GIB - 1)) | MASK_VALID;
    mtrr.variable[31].base = 1ull << 40 | MEM_WC;
    assert_uniform(&mtrr, 0, GIB, MEM_WC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_ranges_exhaustively), cmocka_unit_test(test_random_states),
        cmocka_unit_test(test_each_fixed_range),        cmocka_unit_test(test_a_real_pc),
        cmocka_unit_test(test_impossible_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
