/*
 * test_format.c: model/format.c against the C library's snprintf, and where the two differ.
 */
#include "model/format.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const uint64_t VALUES[] = {
    0,          1,          9,           10,           15,        16,
    255,        0x7FFFFFFF, 0x80000000,  0xFFFFFFFF,   INT64_MAX, (uint64_t)INT64_MIN,
    UINT64_MAX, 1000000000, 12345678901, 0xFEEDC0DE00,
};

/* Every flag, width, conversion and value together. */
static void test_numbers_like_the_c_library(void **state)
{
    static const char *const flags[] = {"", "0", "-", "-0"};
    static const char *const letters[] = {"d", "u", "x", "ld", "lu", "lx"};
    char fmt[32], ours[64], libc[64];
    (void)state;

    for (size_t flag = 0; flag < LENGTH(flags); flag++) {
        for (int width = 0; width <= 24; width++) {
            for (size_t letter = 0; letter < LENGTH(letters); letter++) {
                snprintf(fmt, sizeof fmt, width ? "[%%%s%d%s]" : "[%%%s%.0d%s]", flags[flag], width,
                         letters[letter]);
                for (size_t i = 0; i < LENGTH(VALUES); i++) {
                    int length = snprintf(libc, sizeof libc, fmt, VALUES[i]);
                    size_t written = format_text(ours, sizeof ours, fmt, VALUES[i]);
                    assert_string_equal(ours, libc);
                    assert_int_equal(written, length);
                }
            }
        }
    }
}

static void test_strings_and_characters(void **state)
{
    char out[64];
    (void)state;

    assert_int_equal(format_text(out, sizeof out, "plain"), 5);
    assert_string_equal(out, "plain");
    format_text(out, sizeof out, "<%s|%6s|%-6s|%2s>", "abc", "abc", "abc", "abc");
    assert_string_equal(out, "<abc|   abc|abc   |abc>");
    format_text(out, sizeof out, "%c%c %3c%-3c.", 'o', 'k', 'x', 'y');
    assert_string_equal(out, "ok   xy  .");
    format_text(out, sizeof out, "100%% %s", "");
    assert_string_equal(out, "100% ");
    format_text(out, sizeof out, "%s", "");
    assert_string_equal(out, "");
}

static void test_pointers(void **state)
{
    char out[64];
    (void)state;

    format_text(out, sizeof out, "%p %p %20p", (void *)0x1000, (void *)0, (void *)UINT64_MAX);
    assert_string_equal(out, "0x1000 0x0   0xffffffffffffffff");
    format_text(out, sizeof out, "%4p %5p %6p", (void *)0x1FF, (void *)0x1FF, (void *)0x1FF);
    assert_string_equal(out, "0x1ff 0x1ff  0x1ff");
}

/* As format_text(), but the compiler does not look. */
static const char *unchecked(const char *fmt, ...)
{
    static char out[64];
    va_list args;

    va_start(args, fmt);
    format_varargs(out, sizeof out, fmt, args);
    va_end(args);
    return out;
}

static void test_mistakes_are_shown(void **state)
{
    (void)state;

    assert_string_equal(unchecked("%s", NULL), "(null)");
    assert_string_equal(unchecked("%q %u", 7u), "%q 7");
    assert_string_equal(unchecked("cut %"), "cut ");
    assert_string_equal(unchecked("cut %0"), "cut ");
}

/* For every size: the beginning of the text, one NUL, and not a byte past it. */
static void test_every_size_of_buffer(void **state)
{
    static const char whole[] = "cpu 3: -0042 0x1f   end";
    char out[64];
    (void)state;

    for (size_t size = 0; size <= sizeof whole + 2; size++) {
        size_t fits = size == 0 ? 0 : size - 1;
        size_t expected = fits < strlen(whole) ? fits : strlen(whole);

        memset(out, '#', sizeof out);
        size_t length = format_text(out, size, "cpu %u: %05d %p %5s", 3u, -42, (void *)0x1F, "end");
        assert_int_equal(length, expected);
        assert_memory_equal(out, whole, expected);
        if (size > 0)
            assert_int_equal(out[expected], '\0');
        for (size_t i = size > 0 ? expected + 1 : 0; i < sizeof out; i++)
            assert_int_equal(out[i], '#');
    }
}

/* Those that do not fit into registers come on the stack. */
static void test_many_arguments(void **state)
{
    char out[64];
    (void)state;

    format_text(out, sizeof out, "%u%u%lx%u%u%s%u%u%u%lx", 1u, 2u, 3ul, 4u, 5u, "six", 7u, 8u, 9u,
                0xAul);
    assert_string_equal(out, "12345six789a");
}

/* Narrow types are promoted on the way: signs must survive, and nothing may be added. */
static void test_narrow_types(void **state)
{
    int8_t minus = -1;
    uint8_t byte = 0xFF;
    bool yes = true;
    char out[64];
    (void)state;

    format_text(out, sizeof out, "%d %u %x %d %u %x", minus, byte, byte, yes, (uint16_t)0x8000,
                (unsigned)minus);
    assert_string_equal(out, "-1 255 ff 1 32768 ffffffff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_like_the_c_library),
        cmocka_unit_test(test_strings_and_characters),
        cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_mistakes_are_shown),
        cmocka_unit_test(test_every_size_of_buffer),
        cmocka_unit_test(test_many_arguments),
        cmocka_unit_test(test_narrow_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
