/*
 * test_lapic_ipi.c: model/lapic_ipi.c: all commands and all destinations. The sections are those of
 * SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)".
 */
#include "lapic_fixture.h"

#define CLUSTER 0x0FFFFFFFu
#define FLAT    0xFFFFFFFFu

static uint32_t other_page[PAGE_SIZE / 4];
static struct lapic other;

static void make_other(uint32_t id, bool x2apic)
{
    memset(&other, 0, sizeof other);
    other.has_x2apic = true;
    lapic_init(&other, other_page, id, false);
    if (x2apic)
        assert_true(lapic_write_base(&other, other.base | APIC_BASE_EXTD, BITS));
}

/* "Valid Combinations for the Pentium 4 and Intel Xeon Processors' Local xAPIC Interrupt Command
 * Register", a line for each delivery mode, a column for each shorthand: none, self, all, others.
 * Sent (s), carried out at once (c), invalid (-). */
static const char VALID[8][5] = {
    "scss", /* fixed */
    "s--s", /* lowest priority */
    "s--s", /* SMI */
    "----", /* reserved */
    "s--s", /* NMI */
    "s--s", /* INIT */
    "s--s", /* start-up */
    "----", /* reserved */
};

static void check_command(uint32_t icr)
{
    unsigned delivery = icr >> 8 & 7, shorthand = icr >> 18 & 3;
    bool level = icr >> 15 & 1, assert = icr >> 14 & 1;
    char kind = VALID[delivery][shorthand];
    uint32_t error = 0, expected = kind == 's' ? LAPIC_IPI : kind == 'c' ? LAPIC_UPDATE : 0;

    if (delivery == LAPIC_INIT && level && !assert)
        expected = 0; /* "de-assert": not supported */
    if (expected != 0 && delivery <= LAPIC_LOWEST_PRIORITY && (icr & 0xFF) < 16) {
        error = kind == 'c' ? LAPIC_SEND_ILLEGAL_VECTOR | LAPIC_RECEIVE_ILLEGAL_VECTOR
                            : LAPIC_SEND_ILLEGAL_VECTOR;
        expected = 0;
    }
    assert_int_equal(lapic_write(&lapic, LAPIC_ICR, icr), expected);
    assert_int_equal(esr(), error);
    assert_int_equal(lapic_deliver(&lapic), expected == LAPIC_UPDATE ? (int)(icr & 0xFF) : NONE);
    lapic_eoi(&lapic);

    struct lapic_ipi ipi = lapic_ipi(&lapic);
    assert_int_equal(ipi.vector, icr & 0xFF);
    assert_int_equal(ipi.delivery, delivery);
    assert_int_equal(ipi.shorthand, shorthand);
    assert_int_equal(ipi.logical, icr >> 11 & 1);
    assert_int_equal(ipi.level, level);
    assert_int_equal(ipi.assert, assert);
}

/* "Interrupt Command Register (ICR)": all of them. Bits that are not in this loop are not kept. */
static void test_every_command(void **state)
{
    (void)state;
    lapic_write(&lapic, LAPIC_ICR_HIGH, 0xAB123456);
    for (uint32_t shorthand = 0; shorthand < 4; shorthand++) {
        for (uint32_t low = 0; low < 0x10000; low++) {
            if ((low & 0x3000) == 0)
                check_command(shorthand << 18 | low);
        }
    }
    assert_false(lapic_ipi(&lapic).x2apic);
    assert_int_equal(lapic_ipi(&lapic).destination, 0xAB);
}

/* "SELF IPI Register", and note 2 of the table of combinations: edge, whatever the ICR says. */
static void test_self_ipi(void **state)
{
    uint32_t effects;

    (void)state;
    lapic_request(&lapic, 0x61, true);
    assert_true(lapic_write_msr(&lapic, 0x83F, 0x61, &effects));
    assert_int_equal(effects, LAPIC_UPDATE);
    assert_true(vector_in(LAPIC_IRR, 0x61));
    assert_false(vector_in(LAPIC_TMR, 0x61));
    lapic_request(&lapic, 0x62, true);
    assert_true(lapic_write_msr(&lapic, 0x830, 0x4C062, &effects)); /* self, level, assert */
    assert_false(vector_in(LAPIC_TMR, 0x62));
    assert_true(lapic_write_msr(&lapic, 0x83F, 0xF, &effects));
    assert_int_equal(esr(), LAPIC_SEND_ILLEGAL_VECTOR | LAPIC_RECEIVE_ILLEGAL_VECTOR);
}

/* The priority holds a self-IPI back, and it must not be lost meanwhile. */
static void test_self_ipi_waits_for_tpr(void **state)
{
    (void)state;
    lapic_write(&lapic, LAPIC_TPR, 0xF0);
    assert_int_equal(lapic_self_ipi(&lapic, 0x61), LAPIC_UPDATE);
    assert_int_equal(lapic_deliver(&lapic), NONE);
    assert_int_equal(lapic_tpr_threshold(&lapic), 6);
    lapic_write(&lapic, LAPIC_TPR, 0x5F);
    assert_int_equal(lapic_deliver(&lapic), 0x61);
}

/* "Local APIC State After It Has Been Software Disabled": it still sends, and accepts no own IPI.
 */
static void test_software_disabled_still_sends(void **state)
{
    (void)state;
    lapic_write(&lapic, LAPIC_SVR, 0xFF);
    assert_int_equal(lapic_write(&lapic, LAPIC_ICR, 0x4541), LAPIC_IPI);
    assert_int_equal(lapic_write(&lapic, LAPIC_ICR, 0x44041), 0);
    assert_int_equal(lapic_highest_requested(&lapic), NONE);
}

/* "Determining IPI Destination": shorthands, to itself and to another. */
static void test_shorthands(void **state)
{
    static const bool expected[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};

    (void)state;
    make_other(6, false);
    for (unsigned i = LAPIC_SELF; i <= LAPIC_OTHERS; i++) {
        struct lapic_ipi ipi = {.shorthand = (enum lapic_shorthand)i, .destination = 77};
        assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &lapic), expected[i][0]);
        assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &other), expected[i][1]);
    }
}

/* "Enabling or Disabling the Local APIC": nothing reaches one that is switched off; one that is
 * only software-disabled takes INIT, NMI, SMI and SIPI. */
static void test_switched_off(void **state)
{
    struct lapic_ipi ipi = {.destination = 0xFF};

    (void)state;
    make_other(6, false);
    assert_false(lapic_is_enabled(&other));
    assert_true(lapic_ipi_reaches(&ipi, &lapic, &other));
    assert_true(lapic_write_base(&other, 0xFEE00000, BITS));
    assert_false(lapic_ipi_reaches(&ipi, &lapic, &other));
    ipi.shorthand = LAPIC_ALL;
    assert_false(lapic_ipi_reaches(&ipi, &lapic, &other));
}

/* The member of a cluster or of the flat model, bit by bit. */
static bool shares_a_bit(uint32_t a, uint32_t b, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++) {
        if ((a >> i) % 2 == 1 && (b >> i) % 2 == 1)
            return true;
    }
    return false;
}

/* "Physical Destination Mode", "Logical Destination Mode": all 8-bit destinations and all IDs. */
static void test_all_xapic_destinations(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < 256; id++) {
        make_other(id, false);
        lapic_write(&other, LAPIC_LDR, id << 24);
        for (uint32_t mda = 0; mda < 256; mda++) {
            struct lapic_ipi ipi = {.destination = mda};
            bool all = mda == 255;

            assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &other), all || mda == id);
            ipi.logical = true;
            lapic_write(&other, LAPIC_DFR, FLAT);
            assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &other),
                             all || shares_a_bit(mda, id, 8));
            lapic_write(&other, LAPIC_DFR, CLUSTER);
            assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &other),
                             all || (mda / 16 == id / 16 && shares_a_bit(mda, id, 4)));
        }
    }
}

/* "Logical Destination Mode in x2APIC Mode": clusters of 16, and 32 bits of physical ID. */
static void test_x2apic_destinations(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < 0x400; id++) {
        make_other(id, true);
        for (uint32_t to = 0; to < 0x400; to++) {
            struct lapic_ipi ipi = {.x2apic = true, .destination = to};
            assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &other), to == id);
            ipi.logical = true;
            ipi.destination = to / 16 << 16 | 1u << to % 16;
            assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &other), to == id);
            ipi.destination = to / 16 << 16 | 0xFFFF;
            assert_int_equal(lapic_ipi_reaches(&ipi, &lapic, &other), to / 16 == id / 16);
        }
        for (int logical = 0; logical < 2; logical++) {
            struct lapic_ipi ipi = {.x2apic = true, .logical = logical, .destination = ~0u};
            assert_true(lapic_ipi_reaches(&ipi, &lapic, &other));
        }
    }
}

/* A sender and a receiver in different modes: FFH is everybody to the one, an ID to the other. */
static void test_mixed_modes(void **state)
{
    struct lapic_ipi ipi = {.destination = 0xFF};

    (void)state;
    make_other(6, true);
    assert_true(lapic_ipi_reaches(&ipi, &lapic, &other));
    make_other(6, false);
    ipi.x2apic = true;
    assert_false(lapic_ipi_reaches(&ipi, &lapic, &other));
    ipi.destination = 6;
    assert_true(lapic_ipi_reaches(&ipi, &lapic, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_XAPIC(test_every_command),
        RULE_X2APIC(test_self_ipi),
        RULE_XAPIC(test_self_ipi_waits_for_tpr),
        RULE_XAPIC(test_software_disabled_still_sends),
        RULE_XAPIC(test_shorthands),
        RULE_XAPIC(test_switched_off),
        RULE_XAPIC(test_all_xapic_destinations),
        RULE_X2APIC(test_x2apic_destinations),
        RULE_XAPIC(test_mixed_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
