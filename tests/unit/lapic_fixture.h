/*
 * lapic_fixture.h: one local APIC for the tests of its rules.
 */
#pragma once

#include "model/lapic.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define ENABLED (LAPIC_SVR_ENABLE | 0xFFu) /* a value for SVR */
#define NONE    LAPIC_NO_VECTOR
#define ID      5u
#define BITS    39u /* physical-address width */

static uint32_t page[PAGE_SIZE / 4];
static struct lapic lapic;

/* As after power-up. */
static inline void power_up(uint32_t id)
{
    memset(&lapic, 0, sizeof lapic);
    memset(page, 0xA5, sizeof page);
    lapic.has_x2apic = lapic.has_deadline = true;
    lapic_init(&lapic, page, id, true);
}

/* What the tests begin with: enabled in xAPIC mode. */
static inline int make_xapic(void **state)
{
    (void)state;
    power_up(ID);
    lapic_write(&lapic, LAPIC_SVR, ENABLED);
    return 0;
}

/* The same in x2APIC mode. */
static inline int make_x2apic(void **state)
{
    make_xapic(state);
    return lapic_write_base(&lapic, lapic.base | APIC_BASE_EXTD, BITS) ? 0 : -1;
}

static inline uint32_t reg(uint32_t offset)
{
    return page[offset / 4];
}

/* Whether `vector` is set in IRR, ISR or TMR. */
static inline bool vector_in(uint32_t offset, unsigned vector)
{
    return (reg(offset + vector / 32 * 0x10) >> vector % 32 & 1) != 0;
}

/* The errors that the guest sees when it asks. */
static inline uint32_t esr(void)
{
    lapic_write(&lapic, LAPIC_ESR, 0);
    return lapic_read(&lapic, LAPIC_ESR);
}

#define RULE_XAPIC(test)  cmocka_unit_test_setup(test, make_xapic)
#define RULE_X2APIC(test) cmocka_unit_test_setup(test, make_x2apic)
