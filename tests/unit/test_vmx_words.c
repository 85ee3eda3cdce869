/*
 * test_vmx_words.c: hv/vmx/explain/errors.c and hv/vmx/explain/field_names.c, numbers into words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmx/explain/words.h"

static void test_field_names(void **state)
{
    (void)state;
    assert_string_equal(vmcs_field_name(0), "VPID");
    assert_string_equal(vmcs_field_name(0x6808), "GUEST_CS_BASE");
    assert_string_equal(vmcs_field_name(0x4402), "EXIT_REASON");
    assert_string_equal(vmcs_field_name(0x6c16), "HOST_RIP");
    assert_string_equal(vmcs_field_name(0x201b), "EPT_POINTER"); /* its high half */
    assert_string_equal(vmcs_field_name(0x6809), "a field that hv16 does not use");
    assert_string_equal(vmcs_field_name(0x7ffe), "a field that hv16 does not use");
}

static void test_errors(void **state)
{
    (void)state;
    const char *const unknown = vm_instruction_error(0);
    for (uint32_t number = 1; number <= 28; number++) {
        bool reserved = number == 14 || number == 21 || number == 27;
        assert_int_equal(vm_instruction_error(number) == unknown, reserved);
    }
    assert_ptr_equal(vm_instruction_error(29), unknown);
    assert_ptr_equal(vm_instruction_error(UINT32_MAX), unknown);
    assert_non_null(strstr(vm_instruction_error(7), "control field"));
    assert_non_null(strstr(vm_instruction_error(8), "host-state"));
    assert_non_null(strstr(vm_entry_failure(33), "guest state"));
    assert_non_null(strstr(vm_entry_failure(34), "MSR"));
    assert_non_null(strstr(vm_entry_failure(41), "machine check"));
    assert_non_null(strstr(vm_entry_failure(0), "unknown"));
    assert_null(vm_entry_failure_detail(0));
    assert_non_null(strstr(vm_entry_failure_detail(2), "PDPTE"));
    assert_non_null(strstr(vm_entry_failure_detail(3), "NMI"));
    assert_non_null(strstr(vm_entry_failure_detail(4), "link pointer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_names),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("vmx_words", tests, NULL, NULL);
}
