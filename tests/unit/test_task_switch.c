/*
 * test_task_switch.c: model/task/ on a GDT and TSSs that this test lays out by hand. Whole switches
 * are compared with a processor's by tests/machine/test_task_switch.py.
 */
#include "cpu/x86.h"
#include "model/task/task.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define CODE      0x08
#define DATA      0x10
#define OLD       0x18 /* TSSs */
#define NEW       0x20
#define NEW_16    0x28
#define GDT_LIMIT 0x2F

#define OLD_AT    0x200 /* where they are in memory, which begins with the GDT */
#define NEW_AT    0x300
#define STACK     0x800
#define EFLAGS_NT 0x4000u

static uint8_t memory[0x1000];
static uint32_t unmapped; /* the byte at that address is a page fault */
static bool pdptes_are_good;

static uint32_t copy(uint64_t linear, void *bytes, uint32_t size, bool to_guest)
{
    assert_true(linear + size <= sizeof memory);
    if (unmapped >= linear && unmapped - linear < size)
        size = unmapped - (uint32_t)linear;
    if (to_guest)
        memcpy(memory + linear, bytes, size);
    else
        memcpy(bytes, memory + linear, size);
    return size;
}

static bool load_cr3(uint64_t cr3)
{
    assert_int_equal(cr3, 0xC3C3C000);
    return pdptes_are_good;
}

static void put(uint32_t address, uint32_t value, uint32_t size)
{
    memcpy(memory + address, &value, size);
}

static uint32_t get(uint32_t address, uint32_t size)
{
    uint32_t value = 0;

    memcpy(&value, memory + address, size);
    return value;
}

static void put_tss_descriptor(uint32_t selector, uint32_t base, uint32_t limit, uint32_t rights)
{
    put(selector, limit | base << 16, 4);
    put(selector + 4, rights << 8, 4);
}

/* A JMP from a 32-bit task to another one. */
static struct task_switch prepare(void)
{
    struct task_switch task = {.to = NEW, .copy = copy, .load_cr3 = load_cr3};

    memset(memory, 0, sizeof memory);
    unmapped = sizeof memory;
    pdptes_are_good = true;
    put(CODE, 0xFFFF, 4);
    put(CODE + 4, 0x00CF9A00, 4);
    put(DATA, 0xFFFF, 4);
    put(DATA + 4, 0x00CF9200, 4);
    put_tss_descriptor(OLD, OLD_AT, 0x67, 0x8B);
    put_tss_descriptor(NEW, NEW_AT, 0x67, 0x89);
    put_tss_descriptor(NEW_16, NEW_AT, 0x2B, 0x81);
    put(NEW_AT + 0x1C, 0xC3C3C000, 4);
    put(NEW_AT + 0x20, 0x12345678, 4);
    put(NEW_AT + 0x24, 0x00000002, 4);
    put(NEW_AT + 0x38, STACK, 4);
    put(NEW_AT + 0x4C, CODE, 2);
    put(NEW_AT + 0x50, DATA, 2);
    task.gdt.limit = GDT_LIMIT;
    task.paging = true;
    task.registers[TASK_EIP] = 0x1000;
    task.registers[TASK_EFLAGS] = 2 | EFLAGS_NT;
    task.segments[SEGMENT_TR] =
        (struct segment){.selector = OLD, .limit = 0x67, .rights = 0x8B, .base = OLD_AT};
    return task;
}

static void test_a_jump(void **state)
{
    struct task_switch task = prepare();

    (void)state;
    task_switch(&task);
    assert_true(task.committed);
    assert_int_equal(task.fault, 0);
    assert_int_equal(task.registers[TASK_EIP], 0x12345678);
    assert_int_equal(task.segments[SEGMENT_TR].selector, NEW);
    assert_int_equal(task.segments[SEGMENT_TR].rights, 0x8B);
    assert_int_equal(task.segments[SEGMENT_CS].rights, 0xC09B);
    assert_int_equal(task.segments[SEGMENT_CS].limit, 0xFFFFFFFF);
    assert_int_equal(task.segments[SEGMENT_SS].rights, 0xC093);
    assert_int_equal(task.segments[SEGMENT_DS].rights, AR_UNUSABLE);
    assert_int_equal(get(OLD_AT + 0x20, 4), 0x1000);
    assert_int_equal(get(OLD_AT + 0x24, 4), 2 | EFLAGS_NT);
    assert_int_equal(get(OLD + 5, 1), 0x89);
    assert_int_equal(get(NEW + 5, 1), 0x8B);
    assert_int_equal(get(NEW_AT, 2), 0);
}

static void test_a_call_can_return_and_iret_does(void **state)
{
    struct task_switch task = prepare();

    (void)state;
    task.nested = true;
    task_switch(&task);
    assert_int_equal(task.registers[TASK_EFLAGS], 2 | EFLAGS_NT);
    assert_int_equal(get(OLD + 5, 1), 0x8B);
    assert_int_equal(get(NEW + 5, 1), 0x8B);
    assert_int_equal(get(NEW_AT, 2), OLD);

    task = prepare(); /* a new GDT need not have the old TSS's descriptor */
    task.nested = true;
    task.segments[SEGMENT_TR].selector = GDT_LIMIT + 1;
    task_switch(&task);
    assert_int_equal(task.fault, 0);

    task = prepare();
    put(NEW + 5, 0x8B, 1);
    put(OLD_AT, 0x1234, 2);
    task.returns = true;
    task_switch(&task);
    assert_int_equal(task.registers[TASK_EFLAGS], 2);
    assert_int_equal(get(OLD_AT + 0x24, 4), 2);
    assert_int_equal(get(OLD_AT, 2), 0x1234);
    assert_int_equal(get(OLD + 5, 1), 0x89);
    assert_int_equal(get(NEW + 5, 1), 0x8B);
}

/* Wherever it is: what has happened in memory is nothing, or all of the old task's part. */
static void test_a_page_fault_belongs_to_one_task(void **state)
{
    uint8_t before[sizeof memory];
    uint32_t of_old_task = 0, of_new_task = 0;

    (void)state;
    for (uint32_t address = 0; address < sizeof memory; address++) {
        struct task_switch task = prepare();

        memcpy(before, memory, sizeof memory);
        unmapped = address;
        task_switch(&task);
        if (task.fault == 0)
            continue;
        assert_int_equal(task.fault, VECTOR_PF);
        assert_int_equal(task.page_fault_address, address);
        assert_int_equal(task.error_code, 0);
        if (task.committed) {
            of_new_task++;
            continue;
        }
        assert_memory_equal(memory, before, sizeof memory);
        of_old_task++;
    }
    assert_int_equal(of_old_task, 2 * 8 + 0x60 + 0x68); /* both TSSs and their descriptors */
    assert_int_equal(of_new_task, 2 * 8);               /* the descriptors of CS and SS */
}

static void expect_fault(struct task_switch *task, uint8_t vector, uint32_t error_code)
{
    task_switch(task);
    assert_true(task->committed);
    assert_int_equal(task->fault, vector);
    assert_int_equal(task->error_code, error_code);
    /* What VM entry wants to see, even so. */
    assert_int_equal(task->segments[SEGMENT_CS].rights & 0x9F, 0x9B);
}

static void test_faults_of_the_new_task(void **state)
{
    struct task_switch task = prepare();

    (void)state;
    pdptes_are_good = false;
    expect_fault(&task, VECTOR_TS, 0);
    task = prepare();
    task.is_external = true;
    put(NEW_AT + 0x54, NEW | 3, 2); /* DS */
    expect_fault(&task, VECTOR_TS, NEW | 1);
    task = prepare();
    put(CODE + 4, 0x004F9A00, 4); /* a limit of 1 MiB, in bytes */
    put(CODE + 6, 0x4F, 1);
    expect_fault(&task, VECTOR_GP, 0);
}

static void test_without_paging_cr3_stays(void **state)
{
    struct task_switch task = prepare();

    (void)state;
    pdptes_are_good = false;
    task.paging = false;
    task_switch(&task);
    assert_int_equal(task.fault, 0);
}

static void test_a_16_bit_tss(void **state)
{
    struct task_switch task = prepare();

    (void)state;
    memset(memory + NEW_AT, 0, 0x68);
    put(NEW_AT + 0x0E, 0x5678, 2);
    put(NEW_AT + 0x10, 0x0202, 2);
    put(NEW_AT + 0x1A, 0x0002, 2); /* SP */
    put(NEW_AT + 0x24, CODE, 2);
    put(NEW_AT + 0x26, DATA, 2);
    put(DATA + 6, 0x00, 1); /* a stack of 16 bits and 64 KiB */
    put(NEW_AT + 0x2C, 0xFFFFFFFF, 4);
    task.to = NEW_16;
    task.pushes_error = true;
    task.error_pushed = 0x0000ABCD;
    task_switch(&task);
    assert_int_equal(task.fault, 0);
    assert_int_equal(task.registers[TASK_EIP], 0x5678);
    assert_int_equal(task.registers[TASK_EFLAGS], 0x0202);
    assert_int_equal(task.registers[TASK_EAX], 0xFFFF0000);
    assert_int_equal(task.registers[TASK_ESP], 0xFFFF0000);
    assert_int_equal(get(0, 2), 0xABCD);
    assert_int_equal(task.trap, 0);
}

static void test_virtual_8086(void **state)
{
    struct task_switch task = prepare();

    (void)state;
    put(NEW_AT + 0x20, 0x5678, 4);
    put(NEW_AT + 0x24, 0x00020002, 4);
    put(NEW_AT + 0x58, 0xFFFF, 2);
    task_switch(&task);
    assert_int_equal(task.fault, 0);
    assert_int_equal(task.segments[SEGMENT_FS].base, 0xFFFF0);
    assert_int_equal(task.segments[SEGMENT_FS].limit, 0xFFFF);
    assert_int_equal(task.segments[SEGMENT_SS].rights, 0xF3);
}

static void test_what_a_segment_register_takes(void **state)
{
    static const struct {
        uint32_t index, rights;
        uint16_t selector;
        uint32_t cpl;
        uint8_t fault;
    } rows[] = {
        {SEGMENT_CS, 0x9A, 0, 0, 0},
        {SEGMENT_CS, 0x1A, 0, 0, VECTOR_NP},
        {SEGMENT_CS, 0x92, 0, 0, VECTOR_TS},
        {SEGMENT_CS, 0x9A, 3, 3, VECTOR_TS}, /* DPL 0, RPL 3 ... */
        {SEGMENT_CS, 0x9E, 3, 3, 0},         /* ... but conforming */
        {SEGMENT_CS, 0xFE, 0, 0, VECTOR_TS},
        {SEGMENT_SS, 0x92, 0, 0, 0},
        {SEGMENT_SS, 0x12, 0, 0, VECTOR_SS},
        {SEGMENT_SS, 0x90, 0, 0, VECTOR_TS}, /* read-only */
        {SEGMENT_SS, 0xF2, 3, 0, VECTOR_TS},
        {SEGMENT_SS, 0x92, 3, 0, VECTOR_TS},
        {SEGMENT_DS, 0x90, 0, 0, 0},
        {SEGMENT_DS, 0x98, 0, 0, VECTOR_TS}, /* code, not readable */
        {SEGMENT_DS, 0x9A, 0, 3, VECTOR_TS},
        {SEGMENT_DS, 0x9E, 0, 3, 0},
        {SEGMENT_DS, 0x92, 3, 0, VECTOR_TS},
        {SEGMENT_DS, 0x12, 0, 0, VECTOR_NP},
        {SEGMENT_DS, 0x82, 0, 0, VECTOR_TS}, /* an LDT */
        {SEGMENT_LDTR, 0x82, 0, 0, 0},
        {SEGMENT_LDTR, 0x02, 0, 0, VECTOR_TS}, /* not #NP */
        {SEGMENT_LDTR, 0x89, 0, 0, VECTOR_TS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct segment segment = {.selector = rows[i].selector, .rights = rows[i].rights};

        if (segment_fault(&segment, rows[i].index, rows[i].cpl) != rows[i].fault)
            fail_msg("row %zu: %u", i, segment_fault(&segment, rows[i].index, rows[i].cpl));
    }
}

static void test_limits(void **state)
{
    struct segment up = {.limit = 0xFFF, .rights = 0x93}, down = {.limit = 0xFFF, .rights = 0x97};

    (void)state;
    assert_true(segment_reaches(&up, 0xFFC, 4));
    assert_false(segment_reaches(&up, 0xFFD, 4));
    assert_false(segment_reaches(&up, 0xFFFFFFFE, 4));
    assert_false(segment_reaches(&down, 0xFFF, 4));
    assert_true(segment_reaches(&down, 0x1000, 4));
    assert_true(segment_reaches(&down, 0xFFFC, 4));
    assert_false(segment_reaches(&down, 0xFFFD, 4));
    down.rights |= AR_DB;
    assert_true(segment_reaches(&down, 0xFFFD, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_jump),
        cmocka_unit_test(test_a_call_can_return_and_iret_does),
        cmocka_unit_test(test_a_page_fault_belongs_to_one_task),
        cmocka_unit_test(test_faults_of_the_new_task),
        cmocka_unit_test(test_without_paging_cr3_stays),
        cmocka_unit_test(test_a_16_bit_tss),
        cmocka_unit_test(test_virtual_8086),
        cmocka_unit_test(test_what_a_segment_register_takes),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
