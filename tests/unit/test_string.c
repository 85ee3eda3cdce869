/*
 * test_string.c: lib/string.c, compiled here under other names beside the C library's functions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define memcpy  hv_memcpy
#define memmove hv_memmove
#define memset  hv_memset
#define memcmp  hv_memcmp
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#define ROOM 24

static void fill(uint8_t *buffer)
{
    for (unsigned i = 0; i < ROOM; i++)
        buffer[i] = (uint8_t)(i * 7 + 1);
}

/* Every source, target and length in a small buffer, overlapping both ways. */
static void test_memmove(void **state)
{
    uint8_t ours[ROOM], libc[ROOM];
    (void)state;

    for (size_t to = 0; to <= ROOM; to++) {
        for (size_t from = 0; from <= ROOM; from++) {
            size_t room = ROOM - (to > from ? to : from);
            for (size_t size = 0; size <= room; size++) {
                fill(ours);
                fill(libc);
                memmove(libc + to, libc + from, size);
                assert_ptr_equal(hv_memmove(ours + to, ours + from, size), ours + to);
                assert_memory_equal(ours, libc, ROOM);
            }
        }
    }
}

static void test_memcpy(void **state)
{
    uint8_t source[ROOM], ours[ROOM], libc[ROOM];
    (void)state;

    fill(source);
    for (size_t to = 0; to <= ROOM; to++) {
        for (size_t size = 0; size <= ROOM - to; size++) {
            memset(ours, 0xEE, ROOM);
            memset(libc, 0xEE, ROOM);
            memcpy(libc + to, source, size);
            assert_ptr_equal(hv_memcpy(ours + to, source, size), ours + to);
            assert_memory_equal(ours, libc, ROOM);
        }
    }
}

static void test_memset(void **state)
{
    static const int values[] = {0, 1, 0xFF, -1, 0x1234};
    uint8_t ours[ROOM], libc[ROOM];
    (void)state;

    for (size_t to = 0; to <= ROOM; to++) {
        for (size_t size = 0; size <= ROOM - to; size++) {
            for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
                fill(ours);
                fill(libc);
                memset(libc + to, values[i], size);
                assert_ptr_equal(hv_memset(ours + to, values[i], size), ours + to);
                assert_memory_equal(ours, libc, ROOM);
            }
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* Each pair of bytes at each place decides; bytes compare as unsigned; those after it do not count.
 */
static void test_memcmp(void **state)
{
    uint8_t left[4], right[4];
    (void)state;

    for (size_t place = 0; place < 4; place++) {
        for (int a = 0; a < 256; a++) {
            for (int b = 0; b < 256; b++) {
                memset(left, 5, 4);
                memset(right, 5, 4);
                left[place] = (uint8_t)a;
                right[place] = (uint8_t)b;
                assert_int_equal(sign(hv_memcmp(left, right, 4)), sign(a - b));
                assert_int_equal(hv_memcmp(left, right, place), 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memmove),
        cmocka_unit_test(test_memcpy),
        cmocka_unit_test(test_memset),
        cmocka_unit_test(test_memcmp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
