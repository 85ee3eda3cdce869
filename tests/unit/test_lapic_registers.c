/*
 * test_lapic_registers.c: model/lapic_registers.c: every register, every MSR, every state of
 * IA32_APIC_BASE. The sections are those of SDM volume 3, "Advanced Programmable Interrupt
 * Controller (APIC)".
 */
#include "lapic_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MSR(offset)  (0x800 + (offset) / 16)

/* "Local APIC Register Address Map", eight registers a line: reserved (.), read-only (r), and those
 * with some way of writing them (w). APR and RRD are gone, but no error. */
static const char XAPIC_MAP[] = "..rr...."
                                "wrrwrwww"
                                "rrrrrrrr"
                                "rrrrrrrr"
                                "rrrrrrrr"
                                "w......."
                                "wwwwwwww"
                                "wr....w.";

/* "Local APIC Register Address Map Supported by x2APIC": read (r), write (w), both (b), #GP (.). */
static const char X2APIC_MAP[] = "..rr...."
                                 "b.rw.r.b"
                                 "rrrrrrrr"
                                 "rrrrrrrr"
                                 "rrrrrrrr"
                                 "b......."
                                 "b.bbbbbb"
                                 "br....bw";

/* The figures of the registers: what stays of all ones written in xAPIC mode, the effects, and
 * which bits may be 1 in x2APIC mode (there the read-only bits of an LVT entry are no #GP). */
static const struct {
    uint32_t offset, kept, effects;
    uint64_t allowed;
} REGISTERS[] = {
    {LAPIC_TPR, 0xFF, LAPIC_UPDATE, 0xFF},
    {LAPIC_EOI, 0, 0, 0},
    {LAPIC_LDR, 0xFF000000, LAPIC_LVT, 0},
    {LAPIC_DFR, 0xFFFFFFFF, LAPIC_LVT, 0},
    {LAPIC_SVR, 0x1FF, LAPIC_LVT | LAPIC_UPDATE, 0x1FF},
    {LAPIC_ESR, 0, 0, 0},
    {LAPIC_ICR, 0xCCFFF, 0, 0xFFFFFFFF000CCFFF},
    {LAPIC_ICR_HIGH, 0xFF000000, 0, 0},
    {LAPIC_LVT_TIMER, 0x700FF, LAPIC_LVT, 0x710FF},
    {LAPIC_LVT_THERMAL, 0x107FF, LAPIC_LVT, 0x117FF},
    {LAPIC_LVT_PERF, 0x107FF, LAPIC_LVT, 0x117FF},
    {LAPIC_LVT_LINT0, 0x1A7FF, LAPIC_LVT, 0x1F7FF},
    {LAPIC_LVT_LINT1, 0x1A7FF, LAPIC_LVT, 0x1F7FF},
    {LAPIC_LVT_ERROR, 0x100FF, LAPIC_LVT, 0x110FF},
    {LAPIC_INITIAL_COUNT, 0xFFFFFFFF, LAPIC_TIMER, 0xFFFFFFFF},
    {LAPIC_DIVIDE, 0xB, LAPIC_TIMER, 0xB},
    {LAPIC_SELF_IPI, 0, 0, 0xFF}, /* reserved in xAPIC mode */
};

/* "Error Handling", "Illegal Register Address": reserved registers, and nothing else. */
static void test_xapic_map(void **state)
{
    (void)state;
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 16) {
        bool reserved = offset >= 0x400 || XAPIC_MAP[offset / 16] == '.';
        uint32_t error = reserved ? LAPIC_ILLEGAL_REGISTER : 0;
        uint32_t before = reg(offset);
        uint32_t value = lapic_read(&lapic, offset);

        assert_int_equal(value, reserved ? 0 : before);
        assert_int_equal(esr(), error);
        /* Nothing else that is an error: an IPI needs a vector, and LVT entries a mask. */
        lapic_write(&lapic, offset, offset == LAPIC_ICR ? 0x30 : LAPIC_LVT_MASKED);
        if (reserved || XAPIC_MAP[offset / 16] == 'r')
            assert_int_equal(reg(offset), before);
        assert_int_equal(esr(), error);
    }
}

static void test_xapic_writable_bits(void **state)
{
    for (size_t i = 0; i < COUNT(REGISTERS) - 1; i++) {
        uint32_t offset = REGISTERS[i].offset;

        make_xapic(state);
        page[offset / 4] = 0xFFFFFFFF; /* as at an APIC-write exit */
        assert_int_equal(lapic_write(&lapic, offset, 0xFFFFFFFF), REGISTERS[i].effects);
        assert_int_equal(reg(offset), REGISTERS[i].kept);
        lapic_write(&lapic, offset, 0);
        assert_int_equal(reg(offset), offset == LAPIC_DFR ? 0x0FFFFFFF : 0);
    }
    lapic.has_deadline = false;
    lapic_write(&lapic, LAPIC_LVT_TIMER, 0xFFFFFFFF);
    assert_int_equal(reg(LAPIC_LVT_TIMER), 0x300FF);
}

/* An APIC-write exit comes after the write: an ID that the guest wrote is put back. */
static void test_id_cannot_be_written(void **state)
{
    (void)state;
    page[LAPIC_ID / 4] = 0x77000000;
    assert_int_equal(lapic_write(&lapic, LAPIC_ID, 0x77000000), 0);
    assert_int_equal(lapic_read(&lapic, LAPIC_ID), ID << 24);
}

/* PPR is computed when it is read: TPR may have changed in the page. */
static void test_ppr_is_read_fresh(void **state)
{
    (void)state;
    page[LAPIC_TPR / 4] = 0x47;
    assert_int_equal(lapic_read(&lapic, LAPIC_PPR), 0x47);
}

/* "Local APIC State After It Has Been Software Disabled": LVT entries are masked and stay so. */
static void test_software_disabled_masks_lvts(void **state)
{
    (void)state;
    for (uint32_t offset = LAPIC_LVT_TIMER; offset <= LAPIC_LVT_ERROR; offset += 16) {
        lapic_write(&lapic, offset, 0x30);
        assert_int_equal(reg(offset), 0x30);
    }
    lapic_write(&lapic, LAPIC_SVR, 0xFF);
    for (uint32_t offset = LAPIC_LVT_TIMER; offset <= LAPIC_LVT_ERROR; offset += 16) {
        assert_int_equal(reg(offset), 0x10030);
        assert_int_equal(lapic_write(&lapic, offset, 0x31), LAPIC_LVT);
        assert_int_equal(reg(offset), 0x10031);
    }
    lapic_write(&lapic, LAPIC_SVR, ENABLED); /* enabling unmasks nothing */
    assert_int_equal(reg(LAPIC_LVT_TIMER), 0x10031);
}

/* "Valid Interrupt Vectors": a fixed entry with an illegal vector is an error, unless masked. */
static void test_lvt_vectors(void **state)
{
    (void)state;
    for (uint32_t offset = LAPIC_LVT_TIMER; offset <= LAPIC_LVT_ERROR; offset += 16) {
        bool has_delivery_mode = offset != LAPIC_LVT_TIMER && offset != LAPIC_LVT_ERROR;
        for (uint32_t value = 0; value < 0x800; value++) {
            bool fixed = (value & 0x700) == 0 || !has_delivery_mode;
            bool error = fixed && (value & 0xFF) < 16;
            lapic_write(&lapic, offset, value);
            assert_int_equal(esr(), error ? LAPIC_RECEIVE_ILLEGAL_VECTOR : 0);
            lapic_write(&lapic, offset, value | LAPIC_LVT_MASKED);
            assert_int_equal(esr(), 0);
        }
    }
}

/* "Error Handling": the ESR shows what was detected before it was last written. */
static void test_esr(void **state)
{
    (void)state;
    lapic_read(&lapic, 0x3F0);
    assert_int_equal(lapic_read(&lapic, LAPIC_ESR), 0);
    lapic_write(&lapic, LAPIC_ESR, 0xFFFFFFFF);
    lapic_request(&lapic, 2, false);
    assert_int_equal(lapic_read(&lapic, LAPIC_ESR), LAPIC_ILLEGAL_REGISTER);
    lapic_write(&lapic, LAPIC_ESR, 0);
    assert_int_equal(lapic_read(&lapic, LAPIC_ESR), LAPIC_RECEIVE_ILLEGAL_VECTOR);
    lapic_write(&lapic, LAPIC_ESR, 0);
    assert_int_equal(lapic_read(&lapic, LAPIC_ESR), 0);
}

/* "TSC-Deadline Mode". */
static void test_initial_count_in_deadline_mode(void **state)
{
    (void)state;
    lapic_write(&lapic, LAPIC_INITIAL_COUNT, 7);
    lapic_write(&lapic, LAPIC_LVT_TIMER, LAPIC_LVT_TSC | 0x30);
    assert_int_equal(lapic_write(&lapic, LAPIC_INITIAL_COUNT, 9), 0);
    assert_int_equal(reg(LAPIC_INITIAL_COUNT), 7);
}

/* Outside x2APIC mode each of the MSRs is #GP; inside, the table decides. */
static void test_x2apic_map(void **state)
{
    uint64_t value;
    uint32_t effects;

    for (uint32_t msr = 0x800; msr <= 0x8FF; msr++) {
        char kind = msr < 0x840 ? X2APIC_MAP[msr - 0x800] : '.';

        make_xapic(state);
        assert_false(lapic_read_msr(&lapic, msr, &value));
        assert_false(lapic_write_msr(&lapic, msr, 0, &effects));
        make_x2apic(state);
        assert_int_equal(lapic_read_msr(&lapic, msr, &value), kind == 'r' || kind == 'b');
        if (kind == 'r' || kind == 'b')
            assert_int_equal(value, reg((msr - 0x800) * 16));
        assert_int_equal(lapic_write_msr(&lapic, msr, 0, &effects), kind == 'w' || kind == 'b');
        if (kind == '.') /* the #GP is all: no error for the ESR */
            assert_int_equal(esr(), 0);
    }
}

/* "Reserved Bit Checking": each single bit of each MSR. What is refused changes nothing. */
static void test_x2apic_reserved_bits(void **state)
{
    for (size_t i = 0; i < COUNT(REGISTERS); i++) {
        uint32_t offset = REGISTERS[i].offset;

        for (unsigned bit = 0; bit < 64; bit++) {
            static uint32_t before[COUNT(page)];
            uint32_t effects = 0;

            make_x2apic(state);
            memcpy(before, page, sizeof page);
            bool expected = (REGISTERS[i].allowed >> bit & 1) != 0;
            assert_int_equal(lapic_write_msr(&lapic, MSR(offset), 1ull << bit, &effects), expected);
            if (!expected)
                assert_memory_equal(before, page, sizeof page);
        }
    }
    lapic.has_deadline = false;
    assert_false(lapic_write_msr(&lapic, MSR(LAPIC_LVT_TIMER), LAPIC_LVT_TSC, &(uint32_t){0}));
}

/* What an LVT entry is read as, it can be written back as; but read-only bits are not kept. */
static void test_x2apic_lvt_read_only_bits(void **state)
{
    uint32_t effects;

    (void)state;
    assert_true(lapic_write_msr(&lapic, MSR(LAPIC_LVT_LINT0), 0x5030, &effects));
    assert_int_equal(reg(LAPIC_LVT_LINT0), 0x30);
    assert_int_equal(effects, LAPIC_LVT);
}

/* "ICR Operation in x2APIC Mode": 64 bits, one register, where hardware reads all eight bytes. */
static void test_x2apic_icr(void **state)
{
    uint64_t value;
    uint32_t effects;

    (void)state;
    assert_true(lapic_write_msr(&lapic, MSR(LAPIC_ICR), 0x12345678000C4041, &effects));
    assert_int_equal(effects, LAPIC_IPI);
    assert_true(lapic_read_msr(&lapic, MSR(LAPIC_ICR), &value));
    assert_int_equal(value, 0x12345678000C4041);
    assert_memory_equal(&page[LAPIC_ICR / 4], &value, 8);
    assert_int_equal(lapic_ipi(&lapic).destination, 0x12345678);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_XAPIC(test_xapic_map),
        RULE_XAPIC(test_xapic_writable_bits),
        RULE_XAPIC(test_id_cannot_be_written),
        RULE_XAPIC(test_ppr_is_read_fresh),
        RULE_XAPIC(test_software_disabled_masks_lvts),
        RULE_XAPIC(test_lvt_vectors),
        RULE_XAPIC(test_esr),
        RULE_XAPIC(test_initial_count_in_deadline_mode),
        RULE_XAPIC(test_x2apic_map),
        RULE_XAPIC(test_x2apic_reserved_bits),
        RULE_X2APIC(test_x2apic_lvt_read_only_bits),
        RULE_X2APIC(test_x2apic_icr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
