/*
 * test_processors.c: model/processors.c, on tables as firmware leaves them, and on damaged ones.
 */
#include "cpu/x86.h"
#include "model/processors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define SIZE 0x120000u
#define EBDA 0x9FC00u
#define RSDT 0x100100u /* above 1 MiB, as always */
#define MADT 0x100200u

static uint8_t *memory;
static struct processors found;

static void put16(uint32_t at, uint32_t value)
{
    memory[at] = (uint8_t)value;
    memory[at + 1] = (uint8_t)(value >> 8);
}

static void put32(uint32_t at, uint32_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

static void put_text(uint32_t at, const char *text)
{
    memcpy(memory + at, text, strlen(text));
}

/* Sets the byte at `at` so that `length` bytes from `start` add up to 0. */
static void sum(uint32_t start, uint32_t length, uint32_t at)
{
    uint8_t total = 0;

    memory[at] = 0;
    for (uint32_t i = 0; i < length; i++)
        total = (uint8_t)(total + memory[start + i]);
    memory[at] = (uint8_t)-total;
}

static int set_up(void **state)
{
    (void)state;
    memory = calloc(1, SIZE);
    put16(BDA_EBDA, EBDA / 16);
    return memory == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static void table(uint32_t at, const char *signature, uint32_t length)
{
    put_text(at, signature);
    put32(at + 4, length);
    sum(at, length, at + 9);
}

static void acpi(uint32_t rsdp, uint32_t madt_length)
{
    put_text(rsdp, "RSD PTR ");
    put32(rsdp + 16, RSDT);
    sum(rsdp, 20, rsdp + 8);
    put32(RSDT + 36, MADT + 0x1000); /* one that is none */
    put32(RSDT + 40, MADT);
    table(RSDT, "RSDT", 44);
    table(MADT, "APIC", madt_length);
}

/* A local APIC's entry, number `index`. */
static void local(uint32_t index, uint8_t id, uint32_t flags)
{
    uint32_t at = MADT + 44 + index * 8;

    memory[at] = 0;
    memory[at + 1] = 8;
    memory[at + 2] = (uint8_t)index;
    memory[at + 3] = id;
    put32(at + 4, flags);
}

static void assert_found(bool has_table, uint32_t count, const uint32_t *ids)
{
    processors_find(&found, memory, SIZE);
    assert_int_equal(found.has_table, has_table);
    assert_int_equal(found.count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(found.id[i], ids[i]);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_found(false, 0, NULL);
    put16(BDA_EBDA, 0xFFFF); /* no EBDA there can be */
    put16(BDA_BASE_MEMORY, 0);
    assert_found(false, 0, NULL);
}

static void test_madt(void **state)
{
    static const uint32_t places[] = {EBDA, EBDA + 0x3E0, 0xE0000, 0xF1230, 0xFFFE0};
    (void)state;

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        tear_down(NULL);
        set_up(NULL);
        local(0, 0, 1);
        local(1, 4, 0); /* disabled */
        local(2, 2, 1);
        local(3, 7, 3);
        acpi(places[i], 44 + 4 * 8);
        assert_found(true, 3, (uint32_t[]){0, 2, 7});
        assert_int_equal(found.left_out, 0);
    }
}

static void test_other_entries(void **state)
{
    uint32_t at = MADT + 44;
    (void)state;

    memory[at] = 1; /* an I/O APIC */
    memory[at + 1] = 12;
    memory[at + 12] = 9; /* a local x2APIC */
    memory[at + 13] = 16;
    put32(at + 16, 0x12345);
    put32(at + 20, 1);
    acpi(EBDA, 44 + 28);
    assert_found(true, 1, (uint32_t[]){0x12345});
    memory[at + 13] = 0; /* it would never end */
    sum(MADT, 44 + 28, MADT + 9);
    assert_found(true, 0, NULL);
    memory[at + 13] = 200; /* it would reach beyond */
    sum(MADT, 44 + 28, MADT + 9);
    assert_found(true, 0, NULL);
}

static void test_more_than_fit(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 12; i++)
        local(i, (uint8_t)i, 1);
    acpi(EBDA, 44 + 12 * 8);
    assert_found(true, 8, (uint32_t[]){0, 1, 2, 3, 4, 5, 6, 7});
    assert_int_equal(found.left_out, 4);
}

static void test_damage(void **state)
{
    static const uint32_t bytes[] = {EBDA + 3, EBDA + 17, RSDT + 1, RSDT + 20, MADT + 2, MADT + 47};
    (void)state;

    local(0, 0, 1);
    acpi(EBDA, 44 + 8);
    assert_found(true, 1, (uint32_t[]){0});
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        memory[bytes[i]] ^= 0x10;
        assert_found(false, 0, NULL);
        memory[bytes[i]] ^= 0x10;
    }
    put32(MADT + 4, 0xFFFFFFF0); /* longer than memory */
    assert_found(false, 0, NULL);
}

/* Tables that are damaged but add up: nothing outside memory may be read. The sanitizer looks. */
static void test_random_damage(void **state)
{
    (void)state;
    srand(1);
    for (uint32_t round = 0; round < 20000; round++) {
        uint32_t at = MADT + (uint32_t)rand() % 60;

        if (round % 100 == 0) {
            memset(memory + RSDT, 0, 0x300);
            local(0, 0, 1);
            acpi(EBDA, 44 + 8);
        }
        memory[at] = (uint8_t)rand();
        sum(MADT, 52, MADT + 9);
        processors_find(&found, memory, SIZE);
        assert_true(found.count <= 8);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),       TEST(test_madt),   TEST(test_other_entries),
        TEST(test_more_than_fit), TEST(test_damage), TEST(test_random_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
