/*
 * test_lapic_base.c: IA32_APIC_BASE. SDM volume 3, "Local APIC Status and Location" and "x2APIC
 * State Transitions".
 */
#include "lapic_fixture.h"

#define ADDRESS 0xFEE00000ull
#define XAPIC   APIC_BASE_EN
#define X2APIC  (APIC_BASE_EN | APIC_BASE_EXTD)

/* The four states, in the order of the table "x2APIC Operating Mode Configurations", and where each
 * may go: figure "Local x2APIC State Transitions with IA32_APIC_BASE, INIT, and Reset". */
static const uint64_t STATES[] = {0, XAPIC, APIC_BASE_EXTD, X2APIC};
static const bool MAY_GO[4][4] = {
    {true, true, false, false}, /* disabled: to xAPIC mode only */
    {true, true, false, true},
    {false, false, false, false}, /* invalid: nobody gets there */
    {true, false, false, true},   /* x2APIC mode: not straight back to xAPIC mode */
};

/* Brings the APIC into a state, on allowed ways. */
static void enter(uint64_t mode, bool has_x2apic)
{
    make_xapic(NULL);
    lapic.has_x2apic = has_x2apic;
    assert_true(lapic_write_base(&lapic, ADDRESS | mode, BITS));
}

static void test_all_pairs_of_states(void **state)
{
    (void)state;
    for (int has_x2apic = 0; has_x2apic < 2; has_x2apic++) {
        for (int from = 0; from < 4; from++) {
            if (from == 2 || (from == 3 && !has_x2apic))
                continue;
            for (int to = 0; to < 4; to++) {
                bool expected = MAY_GO[from][to] && (has_x2apic || to != 3);
                uint64_t before;

                enter(STATES[from], has_x2apic);
                before = lapic.base;
                assert_int_equal(lapic_write_base(&lapic, ADDRESS | STATES[to], BITS), expected);
                assert_int_equal(lapic.base,
                                 expected ? ADDRESS | STATES[to] | APIC_BASE_BSP : before);
            }
        }
    }
}

/* Every bit, for every width of physical addresses. */
static void test_reserved_bits(void **state)
{
    (void)state;
    for (uint32_t bits = 36; bits <= 52; bits++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t value = XAPIC | 1ull << bit;
            bool expected = bit == 8 || bit == 10 || bit == 11 || (bit >= 12 && bit < bits);

            make_xapic(NULL);
            assert_int_equal(lapic_write_base(&lapic, value, bits), expected);
        }
    }
}

static void test_bsp_flag_stays(void **state)
{
    (void)state;
    assert_true(lapic_write_base(&lapic, ADDRESS | XAPIC, BITS));
    assert_int_equal(lapic.base, ADDRESS | XAPIC | APIC_BASE_BSP);
    lapic.base &= ~APIC_BASE_BSP;
    assert_true(lapic_write_base(&lapic, ADDRESS | XAPIC | APIC_BASE_BSP, BITS));
    assert_int_equal(lapic.base, ADDRESS | XAPIC);
}

/* "Relocating the Local APIC Registers": nothing but the address changes. */
static void test_moving(void **state)
{
    static uint32_t before[PAGE_SIZE / 4];

    (void)state;
    lapic_request(&lapic, 0x41, false);
    memcpy(before, page, sizeof page);
    assert_true(lapic_write_base(&lapic, 0xD0000000 | XAPIC, BITS));
    assert_int_equal(lapic.base, 0xD0000000 | XAPIC | APIC_BASE_BSP);
    assert_memory_equal(before, page, sizeof page);
}

/* "Enabling or Disabling the Local APIC": switched off, it loses its state and accepts nothing. */
static void test_off_and_on(void **state)
{
    (void)state;
    lapic_request(&lapic, 0x41, false);
    lapic_write(&lapic, LAPIC_TPR, 0x33);
    assert_true(lapic_write_base(&lapic, ADDRESS, BITS));
    page[LAPIC_SVR / 4] = ENABLED; /* EN alone decides */
    assert_int_equal(lapic_request(&lapic, 0x42, false), 0);
    assert_int_equal(lapic_deliverable(&lapic), NONE);
    assert_true(lapic_write_base(&lapic, ADDRESS | XAPIC, BITS));
    assert_int_equal(reg(LAPIC_ID), ID << 24);
    assert_int_equal(reg(LAPIC_TPR), 0);
    assert_int_equal(reg(LAPIC_LVT_TIMER), LAPIC_LVT_MASKED);
}

/* "State Changes From xAPIC Mode to x2APIC Mode": only ID, LDR and the upper half of ICR change. */
static void test_to_x2apic_mode(void **state)
{
    static uint32_t before[PAGE_SIZE / 4];

    (void)state;
    power_up(0x123);
    lapic_write(&lapic, LAPIC_SVR, ENABLED);
    lapic_write(&lapic, LAPIC_TPR, 0x33);
    lapic_write(&lapic, LAPIC_LDR, 0x77000000);
    lapic_write(&lapic, LAPIC_ICR_HIGH, 0x55000000);
    lapic_request(&lapic, 0x41, false);
    memcpy(before, page, sizeof page);
    before[LAPIC_ID / 4] = 0x123;
    before[LAPIC_LDR / 4] = 0x120008;
    before[LAPIC_ICR_HIGH / 4] = 0;
    assert_true(lapic_write_base(&lapic, ADDRESS | X2APIC, BITS));
    assert_memory_equal(before, page, sizeof page);
}

/* "Deriving Logical x2APIC ID from the Local x2APIC ID". */
static void test_x2apic_ldr(void **state)
{
    uint64_t value;

    (void)state;
    for (uint32_t id = 0; id < 0x100000; id = id < 0x200 ? id + 1 : id * 3) {
        power_up(id);
        lapic_write_base(&lapic, ADDRESS | X2APIC, BITS);
        assert_true(lapic_read_msr(&lapic, 0x802, &value));
        assert_int_equal(value, id);
        assert_true(lapic_read_msr(&lapic, 0x80D, &value));
        assert_int_equal(value, id / 16 * 65536 + (1 << id % 16));
    }
}

/* "x2APIC Transitions From x2APIC Mode": the way back to xAPIC mode, which keeps only the ID. */
static void test_back_to_xapic_mode(void **state)
{
    (void)state;
    lapic_request(&lapic, 0x41, false);
    assert_true(lapic_write_base(&lapic, ADDRESS, BITS));
    assert_true(lapic_write_base(&lapic, ADDRESS | XAPIC, BITS));
    assert_int_equal(reg(LAPIC_ID), ID << 24);
    assert_int_equal(reg(LAPIC_LDR), 0);
    assert_int_equal(reg(LAPIC_SVR), 0xFF);
    assert_int_equal(lapic_highest_requested(&lapic), NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_XAPIC(test_all_pairs_of_states), RULE_XAPIC(test_reserved_bits),
        RULE_XAPIC(test_bsp_flag_stays),      RULE_XAPIC(test_moving),
        RULE_XAPIC(test_off_and_on),          RULE_XAPIC(test_to_x2apic_mode),
        RULE_XAPIC(test_x2apic_ldr),          RULE_X2APIC(test_back_to_xapic_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
