/*
 * test_lapic.c: model/lapic.c, one test for each rule about states and priorities. The sections are
 * those of SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)".
 */
#include "lapic_fixture.h"

/* What the reset states have in common: all registers of both, but for ID and LDR. */
static void assert_reset_registers(void)
{
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 4) {
        bool lvt = offset >= LAPIC_LVT_TIMER && offset <= LAPIC_LVT_ERROR && offset % 16 == 0;
        uint32_t expected = offset == LAPIC_VERSION ? 0x50014
                            : offset == LAPIC_DFR   ? 0xFFFFFFFF
                            : offset == LAPIC_SVR   ? 0xFF
                            : lvt                   ? LAPIC_LVT_MASKED
                                                    : 0;
        if (offset != LAPIC_ID && offset != LAPIC_LDR)
            assert_int_equal(reg(offset), expected);
    }
}

/* "Local APIC State After Power-Up or Reset". */
static void test_power_up(void **state)
{
    (void)state;
    power_up(0x123);
    assert_reset_registers();
    assert_int_equal(reg(LAPIC_ID), 0x23000000);
    assert_int_equal(reg(LAPIC_LDR), 0);
    assert_int_equal(lapic.base, 0xFEE00900);
    assert_false(lapic_is_enabled(&lapic));
    lapic_init(&lapic, page, 1, false);
    assert_int_equal(lapic.base, 0xFEE00800);
}

/* "Local APIC State After an INIT Reset (“Wait-for-SIPI” State)": the ID and the mode stay. */
static void test_init(void **state)
{
    (void)state;
    memset(page, 0xFF, sizeof page);
    lapic.errors = lapic.ended = lapic.tpr_written = 1;
    lapic.base = 0xFED00000 | APIC_BASE_EN;
    lapic_reset(&lapic);
    assert_reset_registers();
    assert_int_equal(reg(LAPIC_ID), ID << 24);
    assert_int_equal(reg(LAPIC_LDR), 0);
    assert_int_equal(lapic.base, 0xFED00800);
    assert_int_equal(lapic.errors | lapic.ended | lapic.tpr_written, 0);
}

/* "x2APIC Transitions From x2APIC Mode": INIT keeps x2APIC mode and all 32 bits of the ID. */
static void test_init_in_x2apic_mode(void **state)
{
    (void)state;
    lapic.id = 0x12345;
    lapic_reset(&lapic);
    assert_reset_registers();
    assert_true(lapic_is_x2apic(&lapic));
    assert_int_equal(reg(LAPIC_ID), 0x12345);
    assert_int_equal(reg(LAPIC_LDR), 0x12340020);
}

/* "Task and Processor Priorities", for all TPRs and all vectors in service. */
static void test_ppr(void **state)
{
    (void)state;
    for (unsigned tpr = 0; tpr < 256; tpr++) {
        page[LAPIC_TPR / 4] = tpr;
        for (unsigned vector = 0; vector < 256; vector++) {
            uint32_t expected = vector / 16 > tpr / 16 ? vector / 16 * 16 : tpr;
            uint32_t *isr = &page[(LAPIC_ISR + vector / 32 * 16) / 4];
            *isr = 1u << vector % 32;
            assert_int_equal(lapic_ppr(&lapic), expected);
            assert_int_equal(reg(LAPIC_PPR), expected);
            assert_int_equal(lapic_highest_in_service(&lapic), vector);
            *isr = 0;
        }
        assert_int_equal(lapic_ppr(&lapic), tpr);
    }
}

/* TPR is read from the page, where the processor puts it; but with bug=stale-tpr. */
static void test_tpr_written_without_telling(void **state)
{
    (void)state;
    assert_int_equal(lapic_write(&lapic, LAPIC_TPR, 0x20), LAPIC_UPDATE);
    lapic_request(&lapic, 0x61, false);
    page[LAPIC_TPR / 4] = 0x60;
    assert_int_equal(lapic_deliverable(&lapic), NONE);
    assert_int_equal(lapic_tpr_threshold(&lapic), 6);
    lapic.stale_tpr = true;
    assert_int_equal(lapic_deliverable(&lapic), 0x61);
    assert_int_equal(lapic_tpr_threshold(&lapic), 0);
}

/* "Interrupt Acceptance for Fixed Interrupts": each vector waits once while it is in service. */
static void test_request_and_deliver(void **state)
{
    (void)state;
    for (unsigned vector = 16; vector < 256; vector++) {
        assert_int_equal(lapic_request(&lapic, (uint8_t)vector, vector & 1), LAPIC_UPDATE);
        assert_true(vector_in(LAPIC_IRR, vector));
        assert_int_equal(vector_in(LAPIC_TMR, vector), vector & 1);
        assert_int_equal(lapic_deliver(&lapic), vector);
        assert_false(vector_in(LAPIC_IRR, vector));
        assert_true(vector_in(LAPIC_ISR, vector));
        assert_int_equal(reg(LAPIC_PPR), vector & 0xF0);
        lapic_request(&lapic, (uint8_t)vector, vector & 1);
        lapic_request(&lapic, (uint8_t)vector, vector & 1);
        assert_int_equal(lapic_deliver(&lapic), NONE);
        lapic_eoi(&lapic);
        assert_int_equal(lapic_deliver(&lapic), vector);
        lapic_eoi(&lapic);
        assert_int_equal(lapic_deliver(&lapic), NONE);
    }
}

/* The same section: the latest request decides about TMR. */
static void test_trigger_mode_follows_the_request(void **state)
{
    (void)state;
    lapic_request(&lapic, 0x41, true);
    assert_true(vector_in(LAPIC_TMR, 0x41));
    lapic_request(&lapic, 0x41, false);
    assert_false(vector_in(LAPIC_TMR, 0x41));
}

/* "Signaling Interrupt Servicing Completion": the highest in service ends, level or edge. */
static void test_eoi(void **state)
{
    (void)state;
    assert_int_equal(lapic_write(&lapic, LAPIC_EOI, 0), 0); /* nothing in service */
    lapic_request(&lapic, 0x41, true);
    assert_int_equal(lapic_deliver(&lapic), 0x41);
    lapic_request(&lapic, 0x52, false);
    assert_int_equal(lapic_deliver(&lapic), 0x52);
    assert_int_equal(lapic_write(&lapic, LAPIC_EOI, 0xFFFFFFFF), LAPIC_UPDATE);
    assert_false(vector_in(LAPIC_ISR, 0x52));
    assert_int_equal(reg(LAPIC_PPR), 0x40);
    assert_int_equal(lapic_write(&lapic, LAPIC_EOI, 0), LAPIC_UPDATE | LAPIC_EOI_LEVEL);
    assert_int_equal(lapic.ended, 0x41);
    assert_int_equal(reg(LAPIC_PPR), 0);
    assert_int_equal(reg(LAPIC_EOI), 0);
    assert_int_equal(lapic_highest_in_service(&lapic), NONE);
}

/* "Error Handling": "the local APIC will never set an IRR bit in the range 0 to 15". */
static void test_illegal_vectors_are_not_accepted(void **state)
{
    (void)state;
    for (unsigned vector = 0; vector < 16; vector++) {
        assert_int_equal(lapic_request(&lapic, (uint8_t)vector, false), 0);
        assert_int_equal(lapic_highest_requested(&lapic), NONE);
        assert_int_equal(esr(), LAPIC_RECEIVE_ILLEGAL_VECTOR);
        assert_int_equal(esr(), 0);
    }
}

/* "Local APIC State After It Has Been Software Disabled". */
static void test_software_disabled(void **state)
{
    (void)state;
    lapic_request(&lapic, 0x52, false);
    lapic_deliver(&lapic);
    lapic_request(&lapic, 0x61, true);
    assert_int_equal(lapic_write(&lapic, LAPIC_SVR, 0x1F), LAPIC_LVT | LAPIC_UPDATE);
    assert_false(lapic_is_enabled(&lapic));
    /* New interrupts are not accepted, illegal ones not even noticed ... */
    assert_int_equal(lapic_request(&lapic, 0x71, false), 0);
    assert_int_equal(lapic_request(&lapic, 3, false), 0);
    assert_int_equal(esr(), 0);
    /* ... and those in IRR and ISR "are held and require masking or handling by the CPU". */
    assert_int_equal(lapic_deliverable(&lapic), 0x61);
    lapic_write(&lapic, LAPIC_TPR, 0x60);
    assert_int_equal(lapic_tpr_threshold(&lapic), 6);
    lapic_write(&lapic, LAPIC_TPR, 0);
    assert_int_equal(lapic_deliver(&lapic), 0x61);
    assert_int_equal(lapic_eoi(&lapic), LAPIC_UPDATE | LAPIC_EOI_LEVEL);
    assert_int_equal(lapic_eoi(&lapic), LAPIC_UPDATE);
}

/* "TPR Virtualization": held back by the vector in service, TPR can change nothing. */
static void test_threshold_and_in_service(void **state)
{
    (void)state;
    assert_int_equal(lapic_tpr_threshold(&lapic), 0);
    lapic_request(&lapic, 0x52, false);
    lapic_deliver(&lapic);
    lapic_write(&lapic, LAPIC_TPR, 0xF0);
    lapic_request(&lapic, 0x5F, false);
    assert_int_equal(lapic_tpr_threshold(&lapic), 0);
    lapic_request(&lapic, 0x60, false);
    assert_int_equal(lapic_tpr_threshold(&lapic), 6);
    lapic_request(&lapic, 0xFF, false);
    assert_int_equal(lapic_tpr_threshold(&lapic), 15);
}

/* "Error Handling": the first error after a write of the ESR is an interrupt, the next is not. */
static void test_error_interrupt(void **state)
{
    (void)state;
    assert_int_equal(lapic_error(&lapic, LAPIC_ILLEGAL_REGISTER),
                     0); /* the LVT's entry is masked */
    assert_int_equal(esr(), LAPIC_ILLEGAL_REGISTER);
    lapic_write(&lapic, LAPIC_LVT_ERROR, 0x33);
    assert_int_equal(lapic_error(&lapic, LAPIC_ILLEGAL_REGISTER), LAPIC_UPDATE);
    assert_int_equal(lapic_deliver(&lapic), 0x33);
    lapic_eoi(&lapic);
    assert_int_equal(lapic_error(&lapic, LAPIC_SEND_ILLEGAL_VECTOR), 0);
    assert_int_equal(lapic_deliver(&lapic), NONE);
    assert_int_equal(esr(), LAPIC_ILLEGAL_REGISTER | LAPIC_SEND_ILLEGAL_VECTOR);
    assert_int_equal(lapic_request(&lapic, 15, false), LAPIC_UPDATE); /* armed again */
    assert_int_equal(lapic_deliver(&lapic), 0x33);
    /* An error interrupt with an illegal vector would be an error again: nothing is requested. */
    assert_int_equal(lapic_write(&lapic, LAPIC_LVT_ERROR, 0x3), LAPIC_LVT);
    esr();
    lapic_eoi(&lapic);
    assert_int_equal(lapic_error(&lapic, LAPIC_ILLEGAL_REGISTER), 0);
    assert_int_equal(lapic_highest_requested(&lapic), NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_XAPIC(test_power_up),
        RULE_XAPIC(test_init),
        RULE_X2APIC(test_init_in_x2apic_mode),
        RULE_XAPIC(test_ppr),
        RULE_XAPIC(test_tpr_written_without_telling),
        RULE_XAPIC(test_request_and_deliver),
        RULE_XAPIC(test_trigger_mode_follows_the_request),
        RULE_XAPIC(test_eoi),
        RULE_XAPIC(test_illegal_vectors_are_not_accepted),
        RULE_XAPIC(test_software_disabled),
        RULE_XAPIC(test_threshold_and_in_service),
        RULE_XAPIC(test_error_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
