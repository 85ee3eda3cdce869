/*
 * test_reasons.c: hv/model/reasons.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/reasons.h"

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(exit_reason_name(0), "exception or NMI");
    assert_string_equal(exit_reason_name(3), "INIT signal");
    assert_string_equal(exit_reason_name(10), "CPUID");
    assert_string_equal(exit_reason_name(30), "I/O instruction");
    assert_string_equal(exit_reason_name(33), "entry failure: guest state");
    assert_string_equal(exit_reason_name(48), "EPT violation");
    assert_string_equal(exit_reason_name(56), "APIC write");
    assert_string_equal(exit_reason_name(69), "LOADIWKEY");
}

/* 35, 38 and 42 are numbers the SDM does not give to any reason. */
static void test_every_reason_has_its_own_name(void **state)
{
    (void)state;
    for (uint32_t a = 0; a < EXIT_REASON_MAX; a++) {
        const char *name = exit_reason_name(a);
        int unused = a == 35 || a == 38 || a == 42;
        assert_int_equal(strcmp(name, "unknown") == 0, unused);
        for (uint32_t b = 0; b < a; b++)
            assert_true(unused || strcmp(name, exit_reason_name(b)) != 0);
    }
}

static void test_out_of_range(void **state)
{
    (void)state;
    assert_string_equal(exit_reason_name(EXIT_REASON_MAX), "unknown");
    assert_string_equal(exit_reason_name(0xffff), "unknown");
    assert_string_equal(exit_reason_name(0x80000021), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_reason_has_its_own_name),
        cmocka_unit_test(test_out_of_range),
    };
    return cmocka_run_group_tests_name("reasons", tests, NULL, NULL);
}
