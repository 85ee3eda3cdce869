/*
 * test_partition.c: model/partition.c on every combination of active entries.
 */
#include "cpu/x86.h"
#include "model/partition.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

static uint8_t mbr[SECTOR_SIZE];

static uint8_t *entry(unsigned i)
{
    return mbr + 446 + 16 * i;
}

/* A good table: entry i has type 10h + i, starts at i3020100h and has 4i000002h sectors. */
static int make_mbr(void **state)
{
    (void)state;
    memset(mbr, 0xCC, sizeof mbr);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t high = (uint8_t)(i << 4);
        const uint8_t bytes[16] = {0,
                                   1,
                                   2,
                                   3,
                                   (uint8_t)(0x10 + i),
                                   5,
                                   6,
                                   7,
                                   0,
                                   0x01,
                                   2,
                                   (uint8_t)(high | 3),
                                   2,
                                   0,
                                   0,
                                   (uint8_t)(0x40 | i)};
        memcpy(entry(i), bytes, sizeof bytes);
    }
    mbr[510] = 0x55;
    mbr[511] = 0xAA;
    return 0;
}

static void test_all_combinations_of_active_flags(void **state)
{
    /* Only 80h means active; 01h, 7Fh and 81h are junk that some tools leave behind. */
    static const uint8_t flags[] = {0x00, 0x80, 0x01, 0x7F, 0x81};
    struct partition found;
    (void)state;

    for (unsigned code = 0; code < 5 * 5 * 5 * 5; code++) {
        unsigned active = 0, which = 0;
        for (unsigned i = 0, rest = code; i < 4; i++, rest /= 5) {
            entry(i)[0] = flags[rest % 5];
            if (rest % 5 == 1) {
                active++;
                which = i;
            }
        }
        enum partition_result result = partition_active(mbr, &found);
        if (active != 1) {
            assert_int_equal(result,
                             active == 0 ? PARTITION_NONE_ACTIVE : PARTITION_SEVERAL_ACTIVE);
            continue;
        }
        assert_int_equal(result, PARTITION_FOUND);
        assert_int_equal(found.index, which);
        assert_int_equal(found.type, 0x10 + which);
        assert_int_equal(found.first_lba, 0x03020100 | which << 28);
    }
}

/* Every wrong value of each signature byte. */
static void test_signature(void **state)
{
    struct partition found;
    (void)state;

    entry(0)[0] = MBR_ACTIVE;
    for (unsigned value = 0; value < 256; value++) {
        mbr[510] = (uint8_t)value;
        assert_int_equal(partition_active(mbr, &found),
                         value == 0x55 ? PARTITION_FOUND : PARTITION_NO_SIGNATURE);
    }
    mbr[510] = 0x55;
    for (unsigned value = 0; value < 256; value++) {
        mbr[511] = (uint8_t)value;
        assert_int_equal(partition_active(mbr, &found),
                         value == 0xAA ? PARTITION_FOUND : PARTITION_NO_SIGNATURE);
    }
}

static void test_empty_active_entry(void **state)
{
    struct partition found;
    (void)state;

    entry(2)[0] = MBR_ACTIVE;
    entry(2)[4] = 0;
    assert_int_equal(partition_active(mbr, &found), PARTITION_EMPTY);
    assert_int_equal(found.index, 2);
    entry(2)[4] = 0xDA;
    memset(entry(2) + 8, 0, 4);
    assert_int_equal(partition_active(mbr, &found), PARTITION_EMPTY);

    /* Each byte of the start counts: one bit anywhere makes it a partition again. */
    for (unsigned bit = 0; bit < 32; bit++) {
        memset(entry(2) + 8, 0, 4);
        entry(2)[8 + bit / 8] = (uint8_t)(1u << bit % 8);
        assert_int_equal(partition_active(mbr, &found), PARTITION_FOUND);
        assert_int_equal(found.first_lba, 1u << bit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_combinations_of_active_flags, make_mbr),
        cmocka_unit_test_setup(test_signature, make_mbr),
        cmocka_unit_test_setup(test_empty_active_entry, make_mbr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
