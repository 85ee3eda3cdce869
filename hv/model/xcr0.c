/*
 * model/xcr0.c: which values XSETBV may load into XCR0.
 *
 * Source: SDM volume 1, "Enabling the XSAVE Feature Set and XSAVE-Enabled Features" (13.3), and
 * volume 2, "XSETBV".
 */
#include "model/xcr0.h"

#define XCR0_X87    (1ull << 0)
#define XCR0_SSE    (1ull << 1)
#define XCR0_AVX    (1ull << 2)
#define XCR0_MPX    (3ull << 3)  /* BNDREGS and BNDCSR */
#define XCR0_AVX512 (7ull << 5)  /* opmask, ZMM_Hi256, Hi16_ZMM */
#define XCR0_AMX    (3ull << 17) /* TILECFG and TILEDATA */

static bool all_or_none(uint64_t value, uint64_t bits)
{
    return (value & bits) == 0 || (value & bits) == bits;
}

bool xcr0_valid(uint64_t value, uint64_t supported)
{
    if ((value & ~supported) != 0 || (value & XCR0_X87) == 0)
        return false;
    if ((value & XCR0_AVX) != 0 && (value & XCR0_SSE) == 0)
        return false;
    if ((value & XCR0_AVX512) != 0 && (value & XCR0_AVX) == 0)
        return false;
    return all_or_none(value, XCR0_MPX) && all_or_none(value, XCR0_AVX512) &&
           all_or_none(value, XCR0_AMX);
}
