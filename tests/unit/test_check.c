/*
 * test_check.c: hv/vmx/check*.c against a VMCS in an array.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vmx/explain/check.h"
#include "vmx/explain/words.h"
#include "vmx/fields.h"

#include "check_control_rows.h"
#include "check_guest_rows.h"
#include "check_masks.h"
#include "check_vmcs.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct {
    uint64_t value;
    bool present;
} vmcs[0x8000];

static struct vmcs_capabilities capabilities;
static struct vmcs_checker checker;

static struct {
    unsigned count;
    struct vmcs_violation last;
    bool blamed; /* the expected field, for the expected reason */
} seen;
static const struct row *expected;

/* A field that is in no CPU without a feature is absent until a row sets it: not to be read. */
static uint64_t read_field(void *context, uint32_t field)
{
    (void)context;
    assert_in_range(field, 0, LENGTH(vmcs) - 1);
    if (!vmcs[field].present)
        fail_msg("%s was read, though nothing says this processor has it", vmcs_field_name(field));
    return vmcs[field].value;
}

static void write_field(uint32_t field, uint64_t value)
{
    assert_string_not_equal(vmcs_field_name(field), "a field that hv16 does not use");
    vmcs[field].value = value;
    vmcs[field].present = true;
}

static void write_all(const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (settings[i].used)
            write_field(settings[i].field, settings[i].value);
}

static void make_good_vmcs(void)
{
    memset(vmcs, 0, sizeof vmcs);
    for (size_t i = 0; i < LENGTH(everywhere); i++)
        for (uint32_t field = everywhere[i][0]; field <= everywhere[i][1]; field += 2)
            vmcs[field].present = true;
    write_all(good_controls_and_host, LENGTH(good_controls_and_host));
    write_all(good_guest, LENGTH(good_guest));
    for (uint32_t i = 0; i < 16; i += 2) {
        write_field(VMCS_GUEST_ES_LIMIT + i, 0xffff);
        if (i < 12)
            write_field(VMCS_GUEST_ES_ACCESS_RIGHTS + i, 0x93);
    }
}

/* A made-up processor that can nearly everything. */
static int set_up(void **state)
{
    (void)state;
    capabilities.basic = 0;
    capabilities.misc = 4 << 16 | 0x1c0; /* four CR3 targets, all activity states */
    capabilities.pin = 0xffull << 32 | 0x16;
    capabilities.proc = (0xffffffffull & ~(uint64_t)PROC_ACTIVATE_TERTIARY) << 32 | 0x04006172;
    capabilities.proc2 = (0xffffffffull & ~(uint64_t)PROC2_BUS_LOCK_DETECTION) << 32;
    capabilities.exit = 0x7fffffffull << 32 | 0x36dfb;
    capabilities.entry = 0x7fffffull << 32 | 0x11fb;
    capabilities.cr0_fixed0 = 0x80000021;
    capabilities.cr0_fixed1 = 0xffffffff;
    capabilities.cr4_fixed0 = 0x2000;
    capabilities.cr4_fixed1 = 0xffffff;
    capabilities.ept_vpid = 1 << 6 | 1 << 8 | 1 << 14 | 1 << 21;
    capabilities.physical_width = 40;
    capabilities.linear_width = 48;
    checker.read = read_field;
    checker.context = NULL;
    checker.capabilities = &capabilities;
    checker.vtpr_known = true;
    checker.vtpr = 0x6f;
    make_good_vmcs();
    return 0;
}

static void record(void *context, const struct vmcs_violation *violation)
{
    assert_ptr_equal(context, &seen);
    assert_int_equal(violation->value, vmcs[violation->field].value);
    assert_non_null(strstr(violation->section, "(27."));
    seen.count++;
    seen.last = *violation;
    if (expected != NULL && violation->field == expected->field &&
        strstr(violation->rule, expected->words) != NULL)
        seen.blamed = true;
}

static unsigned run(const struct row *row)
{
    expected = row;
    memset(&seen, 0, sizeof seen);
    make_good_vmcs();
    write_all(row->set, SETTINGS);
    unsigned broken = vmcs_check(&checker, record, &seen);
    assert_int_equal(broken, seen.count);
    return broken;
}

/* Each row must blame its field for its reason, and bring no more than `count` violations. */
static void check_rows(const struct row *rows, size_t length, unsigned count)
{
    for (size_t i = 0; i < length; i++) {
        unsigned broken = run(&rows[i]);
        if (broken != count || !seen.blamed)
            fail_msg("row %zu: expected %s \"%s\"; %u violations, the last %s=%llx \"%s\"", i,
                     vmcs_field_name(rows[i].field), rows[i].words, broken,
                     broken ? vmcs_field_name(seen.last.field) : "none",
                     (unsigned long long)seen.last.value, broken ? seen.last.rule : "");
    }
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(good_rows); i++)
        if (run(&good_rows[i]) != 0)
            fail_msg("%s: %s=%llx \"%s\"", good_rows[i].words, vmcs_field_name(seen.last.field),
                     (unsigned long long)seen.last.value, seen.last.rule);
}

static void test_controls(void **state)
{
    (void)state;
    check_rows(control_rows, LENGTH(control_rows), 1);
}

static void test_host(void **state)
{
    (void)state;
    check_rows(host_rows, LENGTH(host_rows), 1);
    check_rows(host_32_rows, LENGTH(host_32_rows), 2);
}

static void test_guest(void **state)
{
    (void)state;
    check_rows(guest_rows, LENGTH(guest_rows), 1);
    check_rows(segment_rows, LENGTH(segment_rows), 1);
    check_rows(activity_rows, LENGTH(activity_rows), 1);
}

/* What a processor lacks changes the answer. */
static void test_ept_capabilities(void **state)
{
    (void)state;
    static const struct row dirty = ROW(EPT_POINTER, "bit 6", SET(EPT_POINTER, 0x505e));
    static const struct row back = ROW(EPT_POINTER, "memory type", SET(EPT_POINTER, 0x501e));
    static const struct row none = ROW(EPT_POINTER, "memory type", SET(EPT_POINTER, 0x5018));
    static const struct row four = ROW(EPT_POINTER, "page-walk", SET(EPT_POINTER, 0x501e));
    static const struct row five = ROW(EPT_POINTER, "", SET(EPT_POINTER, 0x5026));
    capabilities.ept_vpid = 1 << 6 | 1 << 8 | 1 << 14;
    check_rows(&dirty, 1, 1);
    capabilities.ept_vpid = 1 << 6 | 1 << 8;
    check_rows(&back, 1, 1);
    capabilities.ept_vpid = 1 << 6 | 1 << 14;
    check_rows(&none, 1, 1);
    capabilities.ept_vpid = 1 << 7 | 1 << 14;
    assert_int_equal(run(&five), 0);
    check_rows(&four, 1, 1);
}

static void test_other_capabilities(void **state)
{
    (void)state;
    static const struct row mtf = ROW(VM_ENTRY_INTERRUPTION_INFO, "nor 7", INJECT(0x700));
    static const struct row down =
        ROW(GUEST_ACTIVITY_STATE, "supports", SET(GUEST_ACTIVITY_STATE, 2));
    static const struct row length0 = ROW(VM_ENTRY_INSTRUCTION_LENGTH, "", INJECT(0x403));
    static const struct row any = ROW(VM_ENTRY_INTERRUPTION_INFO, "", GUEST_PROTECTED(0x9b),
                                      INJECT(INTERRUPTION_TYPE_EXCEPTION | 13));
    static const struct row threshold = ROW(TPR_THRESHOLD, "", VAPIC(15));
    assert_int_equal(run(&mtf), 0);
    capabilities.proc &= ~((uint64_t)PROC_MONITOR_TRAP_FLAG << 32);
    check_rows(&mtf, 1, 1);
    assert_int_equal(run(&down), 0);
    capabilities.misc = 4 << 16 | 0x140;
    check_rows(&down, 1, 1);
    capabilities.misc |= 1 << 30;
    assert_int_equal(run(&length0), 0);
    capabilities.basic = 1ull << 56;
    assert_int_equal(run(&any), 0);
    checker.vtpr_known = false;
    assert_int_equal(run(&threshold), 0);
}

static void test_wrong_bits_are_named(void **state)
{
    (void)state;
    static const struct row low = ROW(PIN_CONTROLS, "low half", SET(PIN_CONTROLS, 0x14));
    static const struct row high = ROW(HOST_CR4, "fixes to 0", SET(HOST_CR4, 0x40002020));
    static const struct row pat =
        ROW(HOST_PAT, "each byte", WITH_EXIT(EXITCTL_LOAD_PAT), SET(HOST_PAT, 0x0006000002000000));
    check_rows(&low, 1, 1);
    assert_int_equal(seen.last.bits, 2);
    check_rows(&high, 1, 1);
    assert_int_equal(seen.last.bits, 0x40000000);
    check_rows(&pat, 1, 1);
    assert_int_equal(seen.last.bits, 0xff000000);
}

static void test_several_rules_in_order(void **state)
{
    (void)state;
    static const struct row row = ROW(LINK_POINTER, "aligned", SET(LINK_POINTER, 1),
                                      SET(PIN_CONTROLS, 0), SET(HOST_CS_SELECTOR, 0));
    assert_int_equal(run(&row), 3);
    assert_true(seen.blamed);
    assert_int_equal(seen.last.field, VMCS_LINK_POINTER);
    assert_string_equal(seen.last.section, "Checks on Guest Non-Register State (27.3.1.5)");
}

static void test_masks(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(masks); i++)
        for (unsigned bit = 0; bit < masks[i].width; bit++) {
            struct row row = masks[i].row;
            unsigned last = SETTINGS - 1;
            while (!row.set[last].used)
                last--;
            row.set[last].value ^= 1ull << bit;
            run(&row);
            if (seen.blamed != (masks[i].wrong >> bit & 1))
                fail_msg("%s \"%s\": bit %u", vmcs_field_name(row.field), row.words, bit);
        }
}

static void test_every_vector_and_memory_type(void **state)
{
    (void)state;
    struct row row = ROW(VM_ENTRY_INTERRUPTION_INFO, "exactly", GUEST_PROTECTED(0x9b), INJECT(0));
    for (uint32_t vector = 0; vector < 32; vector++) {
        bool pushes = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
        row.set[2].value = INTERRUPTION_VALID | INTERRUPTION_TYPE_EXCEPTION | vector;
        assert_int_equal(run(&row), pushes);
        row.set[2].value |= INTERRUPTION_ERROR_CODE;
        assert_int_equal(run(&row), !pushes);
    }
    struct row pat = ROW(GUEST_PAT, "byte", WITH_ENTRY(ENTRYCTL_LOAD_PAT), SET(GUEST_PAT, 0));
    for (uint64_t type = 0; type < 256; type++) {
        pat.set[1].value = type << 56 | type;
        assert_int_equal(run(&pat), type == 2 || type == 3 || type > 7);
    }
    struct row cr3 = ROW(CR3_TARGET_COUNT, "", SET(CR3_TARGET_COUNT, 0x1ff));
    capabilities.misc = 0x1ff << 16;
    assert_int_equal(run(&cr3), 0);
    cr3.set[0].value = 0x200;
    assert_int_equal(run(&cr3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, set_up),
        cmocka_unit_test_setup(test_controls, set_up),
        cmocka_unit_test_setup(test_host, set_up),
        cmocka_unit_test_setup(test_guest, set_up),
        cmocka_unit_test_setup(test_ept_capabilities, set_up),
        cmocka_unit_test_setup(test_other_capabilities, set_up),
        cmocka_unit_test_setup(test_wrong_bits_are_named, set_up),
        cmocka_unit_test_setup(test_several_rules_in_order, set_up),
        cmocka_unit_test_setup(test_masks, set_up),
        cmocka_unit_test_setup(test_every_vector_and_memory_type, set_up),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
