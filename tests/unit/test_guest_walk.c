/*
 * test_guest_walk.c: model/guest_walk.c on page tables that this test lays out by hand.

 */
#include "cpu/x86.h"
#include "model/guest_walk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define PAGING    (CR0_PE | CR0_PG)
#define LONG_MODE (EFER_LME | EFER_LMA)

#define RIGHTS 0x63ull   /* accessed, dirty, writable, present */
#define PAT    0x1000ull /* of a large page */
#define GLOBAL 0x100ull
#define NX     (1ull << 63)

/* Physical memory: the entries that were written. All other addresses cannot be read. */
static struct {
    uint64_t address, value;
    uint32_t size;
} memory[16];
static unsigned used, reads;
static uint64_t rights;

static void put(uint64_t address, uint32_t size, uint64_t value)
{
    assert_true(used < 16);
    memory[used].address = address;
    memory[used].size = size;
    memory[used++].value = value;
}

static bool read_memory(void *context, uint64_t physical, uint32_t size, uint64_t *value)
{
    assert_ptr_equal(context, memory);
    reads++;
    for (unsigned i = 0; i < used; i++) {
        if (memory[i].address == physical) {
            assert_int_equal(memory[i].size, size);
            *value = memory[i].value;
            return true;
        }
    }
    return false;
}

static struct guest_paging paging(uint64_t cr0, uint64_t cr3, uint64_t cr4, uint64_t efer)
{
    used = reads = 0;
    return (struct guest_paging){cr0, cr3, cr4, efer, read_memory, memory};
}

static void assert_walk(const struct guest_paging *p, uint64_t linear, uint64_t expected,
                        unsigned levels)
{
    uint64_t physical = ~0ull;

    reads = 0;
    assert_true(guest_walk(p, linear, &physical, &rights));
    assert_int_equal(physical, expected);
    assert_int_equal(reads, levels);
}

/* Each entry on the way, taken away or made not present, ends the walk. */
static void assert_each_entry_counts(const struct guest_paging *p, uint64_t linear)
{
    for (unsigned i = 0; i < used; i++) {
        uint64_t physical, address = memory[i].address;

        memory[i].value ^= 1;
        assert_false(guest_walk(p, linear, &physical, &rights));
        memory[i].value ^= 1;
        memory[i].address = ~0ull;
        assert_false(guest_walk(p, linear, &physical, &rights));
        memory[i].address = address;
        assert_true(guest_walk(p, linear, &physical, &rights));
    }
}

static void test_no_paging(void **state)
{
    struct guest_paging p = paging(1, 0x123000, CR4_PAE | CR4_PSE, 0);

    (void)state;
    assert_walk(&p, 0xFEE00080, 0xFEE00080, 0);
    assert_walk(&p, 0x1FEE00080, 0xFEE00080, 0);
}

static void test_32_bit(void **state)
{
    struct guest_paging p = paging(PAGING, 0xABCDE018, CR4_PSE, 0);

    (void)state;
    put(0xABCDE000 + 0x3FB * 4, 4, 0x7654B000 | RIGHTS);
    put(0x7654B000 + 0x200 * 4, 4, 0x89ABC000 | RIGHTS | ENTRY_PS); /* PAT there */
    assert_walk(&p, 0xFEE00FED, 0x89ABCFED, 2);
    assert_walk(&p, 0xFFFFFFFFFEE00FED, 0x89ABCFED, 2);
    assert_each_entry_counts(&p, 0xFEE00FED);
    assert_int_equal(rights, ENTRY_RW);
    memory[0].value |= ENTRY_US;
    assert_walk(&p, 0xFEE00FED, 0x89ABCFED, 2);
    assert_int_equal(rights, ENTRY_RW); /* both entries must have it */
    memory[1].value = (memory[1].value | ENTRY_US) & ~ENTRY_RW;
    assert_walk(&p, 0xFEE00FED, 0x89ABCFED, 2);
    assert_int_equal(rights, ENTRY_US);
}

static void test_4_mib_pages(void **state)
{
    struct guest_paging p = paging(PAGING, 0x1000, CR4_PSE, 0);

    (void)state;
    put(0x1000 + 0x3FB * 4, 4, 0xFEC00000 | PAT | GLOBAL | RIGHTS | ENTRY_PS);
    assert_walk(&p, 0xFEE01234, 0xFEE01234, 1);
    assert_walk(&p, 0xFEFFFFFF, 0xFEFFFFFF, 1);
    assert_each_entry_counts(&p, 0xFEE01234);
    memory[0].value |= 0xA5ull << 13; /* PSE-36 */
    assert_walk(&p, 0xFEE01234, 0xA5FEE01234, 1);
    /* Without CR4.PSE the bit is ignored: the entry is a table's. */
    p.cr4 = 0;
    memory[0].value &= ~(0xA5ull << 13);
    put((0xFEC00000 | PAT) + 0x201 * 4, 4, 0x5000 | RIGHTS);
    assert_walk(&p, 0xFEE01234, 0x5234, 2);
}

static void test_pae(void **state)
{
    struct guest_paging p = paging(PAGING, 0xABCDEFE0, CR4_PAE | CR4_PSE, 0x800);

    (void)state;
    put(0xABCDEFE0 + 3 * 8, 8, 0x1234567000 | 1);
    put(0x1234567000 + 0x1F7 * 8, 8, 0x7000 | RIGHTS);
    put(0x7000 + 0x000 * 8, 8, NX | 0xFEDCBA9876000 | RIGHTS | ENTRY_PS);
    assert_walk(&p, 0xFEE00080, 0xFEDCBA9876080, 3);
    assert_walk(&p, 0x1FEE00080, 0xFEDCBA9876080, 3);
    assert_each_entry_counts(&p, 0xFEE00080);
    memory[1].value = NX | 0xF00000200000 | PAT | RIGHTS | ENTRY_PS;
    p.cr4 = CR4_PAE; /* 2 MiB pages do not need PSE */
    assert_walk(&p, 0xFEE12345, 0xF00000212345, 2);
    memory[0].value |= ENTRY_PS; /* there are no pages of 1 GiB */
    assert_walk(&p, 0xFEE12345, 0xF00000212345, 2);
    p.cr3 = 0xFFF00000ABCDEFFF; /* neither the upper half nor bits 4:0 */
    assert_walk(&p, 0xFEE12345, 0xF00000212345, 2);
}

static void test_4_level(void **state)
{
    struct guest_paging p = paging(PAGING, 0x8000000000123FFFull, CR4_PAE, LONG_MODE);
    uint64_t linear = 0xFFFF8123456789ABull;
    uint64_t l4 = linear >> 39 & 511, l3 = linear >> 30 & 511, l2 = linear >> 21 & 511,
             l1 = linear >> 12 & 511;

    (void)state;
    put(0x123000 + l4 * 8, 8, 0x0000FEDCBA987000 | RIGHTS);
    put(0xFEDCBA987000 + l3 * 8, 8, NX | 0x5000 | RIGHTS);
    put(0x5000 + l2 * 8, 8,
        0x6000 | RIGHTS | 0x7FF0000000000000); /* ignored bits, protection key */
    put(0x6000 + l1 * 8, 8, NX | 0xFEE00000 | RIGHTS | ENTRY_PS);
    assert_walk(&p, linear, 0xFEE009AB, 4);
    assert_each_entry_counts(&p, linear);
    memory[2].value = 0xFE000000 | PAT | GLOBAL | RIGHTS | ENTRY_PS;
    assert_walk(&p, linear, 0xFE000000 + (linear & 0x1FFFFF), 3);
    memory[1].value = 0xFC0000000 | PAT | RIGHTS | ENTRY_PS;
    assert_walk(&p, linear, 0xFC0000000 + (linear & 0x3FFFFFFF), 2);
}

static void test_5_level(void **state)
{
    struct guest_paging p = paging(PAGING, 0x123000, CR4_PAE | CR4_LA57, LONG_MODE);
    uint64_t linear = 0x00AB8123456789ABull;

    (void)state;
    put(0x123000 + 0xAB * 8, 8, 0x4000 | RIGHTS);
    put(0x4000 + (linear >> 39 & 511) * 8, 8, 0x5000 | RIGHTS);
    put(0x5000 + (linear >> 30 & 511) * 8, 8, 0xFC0000000 | RIGHTS | ENTRY_PS);
    assert_walk(&p, linear, 0xFC0000000 + (linear & 0x3FFFFFFF), 3);
    assert_each_entry_counts(&p, linear);
    p.efer = 0; /* LA57 means something in IA-32e mode only */
    p.cr4 = CR4_LA57;
    used = 0;
    put(0x123000 + 0x115 * 4, 4, 0x7000 | RIGHTS);
    put(0x7000 + 0x278 * 4, 4, 0x9000 | RIGHTS);
    assert_walk(&p, 0x456789AB, 0x99AB, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_paging),   cmocka_unit_test(test_32_bit),
        cmocka_unit_test(test_4_mib_pages), cmocka_unit_test(test_pae),
        cmocka_unit_test(test_4_level),     cmocka_unit_test(test_5_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
