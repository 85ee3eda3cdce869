/*
 * test_xcr0.c: model/xcr0.c against the faulting bit patterns, listed one by one.
 */
#include "model/xcr0.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

/* SDM volume 1, "Enabling the XSAVE Feature Set and XSAVE-Enabled Features": #GP if the bits of
 * `mask` are exactly `pattern`. */
static const struct {
    uint64_t mask, pattern;
} FAULTS[] = {
    {0x1, 0x0},                                           /* x87 is always on */
    {0x6, 0x4},                                           /* AVX without SSE */
    {0x18, 0x08},       {0x18, 0x10},                     /* half of MPX */
    {0xE0, 0x20},       {0xE0, 0x40},       {0xE0, 0x60}, /* parts of AVX-512 */
    {0xE0, 0x80},       {0xE0, 0xA0},       {0xE0, 0xC0}, /* and more of them */
    {0xE6, 0xE0},       {0xE6, 0xE2},       {0xE6, 0xE4}, /* AVX-512 without SSE, AVX */
    {0x60000, 0x20000}, {0x60000, 0x40000},               /* half of AMX */
};

static bool expected(uint64_t value, uint64_t supported)
{
    for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
        if ((value & FAULTS[i].mask) == FAULTS[i].pattern)
            return false;
    }
    return (value | supported) == supported;
}

/* All 2^10 low values, with each state of AMX, on all 2^10 low kinds of processor. */
static void test_all_values_on_all_processors(void **state)
{
    unsigned accepted = 0;
    (void)state;

    for (uint64_t low = 0; low < 0x400; low++) {
        for (uint64_t supported = 0; supported < 0x400; supported++) {
            for (uint64_t amx = 0; amx < 16; amx++) {
                uint64_t value = low | (amx & 3) << 17;
                uint64_t bits = supported | (amx >> 2) << 17;
                if (xcr0_valid(value, bits) != expected(value, bits))
                    fail_msg("value %lx on a processor with %lx", value, bits);
                accepted += xcr0_valid(value, bits);
            }
        }
    }
    assert_true(accepted > 0);
}

static void test_every_other_bit_needs_support(void **state)
{
    (void)state;

    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t value = 1ull << bit | 0xE7;
        bool half = bit == 3 || bit == 4 || bit == 17 || bit == 18;
        assert_int_equal(xcr0_valid(value, UINT64_MAX), !half);
        assert_int_equal(xcr0_valid(value, 0xE7), value == 0xE7);
    }
}

static void test_well_known_values(void **state)
{
    (void)state;

    assert_true(xcr0_valid(0x1, 0x7)); /* after reset */
    assert_true(xcr0_valid(0x3, 0x7));
    assert_true(xcr0_valid(0x7, 0x7));         /* what most systems set */
    assert_true(xcr0_valid(0x602E7, 0x602E7)); /* AVX-512, PKRU, AMX */
    assert_false(xcr0_valid(0x0, 0x7));
    assert_false(xcr0_valid(0x5, 0x7));
    assert_false(xcr0_valid(0x7, 0x3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_values_on_all_processors),
        cmocka_unit_test(test_every_other_bit_needs_support),
        cmocka_unit_test(test_well_known_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
