/*
 * test_e820.c: model/e820.c against a model that knows each byte of a small address space.
 */
#include "model/e820.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define CELLS 7    /* bytes of the small address space */
#define FIRST 1000 /* the address of cell 0 */

#define MIB 0x100000ull
#define GIB 0x40000000ull

enum { HOLE, USABLE, RESERVED, ACPI };

static void add(struct e820_map *map, uint64_t base, uint64_t length, uint32_t type)
{
    assert_true(map->count < E820_MAX);
    map->entry[map->count++] = (struct e820_entry){base, length, type, 1};
}

/* What map and model say about a cell: bit `type` is set for each entry that covers it. */
static unsigned kinds_at(const struct e820_map *map, unsigned cell)
{
    unsigned kinds = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct e820_entry *entry = &map->entry[i];
        if (FIRST + cell - entry->base < entry->length)
            kinds |= 1u << entry->type;
    }
    return kinds;
}

static void assert_sorted(const struct e820_map *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        assert_true(map->entry[i].length > 0);
        assert_true(i == 0 || map->entry[i - 1].base <= map->entry[i].base);
    }
}

static void assert_merged(const struct e820_map *map)
{
    for (uint32_t i = 1; i < map->count; i++) {
        const struct e820_entry *entry = &map->entry[i];
        assert_true(entry[-1].base + entry[-1].length <= entry->base);
        assert_false(entry[-1].base + entry[-1].length == entry->base &&
                     entry[-1].type == entry->type);
    }
}

/* Reserves each range in a copy of `map` and compares every cell before and after. */
static void check_reserve(const struct e820_map *map, bool overlaps)
{
    for (unsigned start = 0; start <= CELLS; start++) {
        for (unsigned end = start; end <= CELLS; end++) {
            struct e820_map after = *map;
            assert_true(e820_reserve(&after, FIRST + start, end - start));
            for (unsigned cell = 0; cell < CELLS; cell++) {
                unsigned kinds = kinds_at(map, cell);
                if (cell >= start && cell < end && (kinds & 1u << USABLE) != 0)
                    kinds = (kinds & ~(1u << USABLE)) | 1u << RESERVED;
                assert_int_equal(kinds_at(&after, cell), kinds);
            }
            assert_sorted(&after);
            if (!overlaps)
                assert_merged(&after);
        }
    }
}

static void check_queries(const struct e820_map *map)
{
    uint64_t top = 0;

    for (unsigned start = 0; start <= CELLS; start++) {
        unsigned run = start;
        while (run < CELLS && kinds_at(map, run) == 1u << USABLE)
            run++;
        for (unsigned limit = 0; limit <= CELLS; limit++) {
            unsigned end = limit < run ? limit : run;
            assert_int_equal(e820_contiguous(map, FIRST + start, FIRST + limit),
                             end > start ? end - start : 0);
        }
        if (start < CELLS && (kinds_at(map, start) & 1u << USABLE) != 0)
            top = FIRST + start + 1;
    }
    assert_int_equal(e820_top(map), top);
}

/* All 4^7 ways to fill the cells: once with an entry for each run, once with one for each cell. */
static void test_all_small_maps(void **state)
{
    (void)state;

    for (unsigned code = 0; code < 1u << 2 * CELLS; code++) {
        struct e820_map runs = {.count = 0}, cells = {.count = 0};
        unsigned last = HOLE;
        for (unsigned cell = 0; cell < CELLS; cell++) {
            unsigned kind = code >> 2 * cell & 3;
            if (kind != HOLE && kind == last)
                runs.entry[runs.count - 1].length++;
            else if (kind != HOLE)
                add(&runs, FIRST + cell, 1, kind);
            if (kind != HOLE)
                add(&cells, FIRST + cell, 1, kind);
            last = kind;
        }
        check_reserve(&runs, false);
        check_queries(&runs);
        check_reserve(&cells, false);
        check_queries(&cells);
    }
}

static int by_base(const void *left, const void *right)
{
    const struct e820_entry *a = left, *b = right;
    return (a->base > b->base) - (a->base < b->base);
}

/* What a careless BIOS may say: entries that overlap, and empty ones. */
static void test_random_overlapping_maps(void **state)
{
    (void)state;

    srand(1);
    for (unsigned round = 0; round < 10000; round++) {
        struct e820_map map = {.count = 0};
        for (int i = rand() % 5; i > 0; i--) {
            uint64_t cell = (uint64_t)rand() % CELLS;
            uint64_t length = (uint64_t)rand() % (CELLS - cell + 1);
            add(&map, FIRST + cell, length, USABLE + (uint32_t)rand() % 2);
        }
        qsort(map.entry, map.count, sizeof map.entry[0], by_base);
        check_reserve(&map, true);
        check_queries(&map);
    }
}

/* A full map: what needs one entry more is refused and changes nothing, the rest works. */
static void test_full_map(void **state)
{
    struct e820_map map = {.count = 0}, before;
    (void)state;

    for (uint64_t i = 0; i < E820_MAX; i++)
        add(&map, i * 100, 50, USABLE);
    before = map;
    assert_false(e820_reserve(&map, 10, 10));   /* two more */
    assert_false(e820_reserve(&map, 4700, 10)); /* one more, in the last entry */
    assert_false(e820_reserve(&map, 4740, 99));
    assert_memory_equal(&map, &before, sizeof map);
    assert_true(e820_reserve(&map, 150, 50)); /* a gap: nothing to do */
    assert_memory_equal(&map, &before, sizeof map);
    assert_true(e820_reserve(&map, 90, 80)); /* one whole entry */
    assert_int_equal(map.count, E820_MAX);
    assert_int_equal(map.entry[1].type, E820_RESERVED);

    map.count = E820_MAX - 1;
    assert_true(e820_reserve(&map, 4600, 10));
    assert_int_equal(map.count, E820_MAX);
}

static void test_end_of_the_address_space(void **state)
{
    struct e820_map map = {.count = 0};
    (void)state;

    add(&map, UINT64_MAX - 99, 100, USABLE); /* its end is 2^64 */
    assert_true(e820_reserve(&map, UINT64_MAX - 49, UINT64_MAX));
    assert_int_equal(map.count, 2);
    assert_int_equal(map.entry[0].length, 50);
    assert_int_equal(map.entry[1].type, E820_RESERVED);
    assert_int_equal(e820_contiguous(&map, UINT64_MAX - 99, UINT64_MAX), 50);
    assert_int_equal(e820_top(&map), UINT64_MAX - 49);
}

/* ACPI 3.0: an entry without attribute bit 0 is to be ignored; other attributes stay apart. */
static void test_attributes(void **state)
{
    struct e820_map map = {.count = 0};
    (void)state;

    add(&map, 0, 100, USABLE);
    add(&map, 100, 100, USABLE);
    map.entry[1].attributes = 0;
    assert_int_equal(e820_contiguous(&map, 0, 200), 100);
    assert_int_equal(e820_top(&map), 100);
    assert_true(e820_reserve(&map, 150, 10));
    assert_int_equal(map.count, 4);
    assert_int_equal(map.entry[2].type, E820_RESERVED);
    assert_int_equal(map.entry[2].attributes, 1);
    assert_int_equal(map.entry[3].attributes, 0);
}

static void assert_legacy(const struct e820_map *map, unsigned ext, unsigned kib, unsigned blocks)
{
    uint16_t low = 1, high = 1;

    assert_int_equal(e820_extended_kib(map), ext);
    e820_e801(map, &low, &high);
    assert_int_equal(low, kib);
    assert_int_equal(high, blocks);
}

/* INT 15h 88h and E801h on machines of many sizes, before and after the block is hidden. */
static void test_legacy_sizes(void **state)
{
    struct e820_map map = {.count = 0};
    (void)state;

    assert_legacy(&map, 0, 0, 0);
    add(&map, 0, 0x9FC00, USABLE);
    add(&map, 0x9FC00, 0x60400, RESERVED);
    assert_legacy(&map, 0, 0, 0);
    add(&map, MIB, 31 * MIB - 0x10000, USABLE); /* 32 MiB, with ACPI tables at the end */
    add(&map, 32 * MIB - 0x10000, 0x10000, ACPI);
    assert_legacy(&map, 31 * 1024 - 64, 0x3C00, 0xFF);
    assert_true(e820_reserve(&map, 28 * MIB, 2 * MIB));
    assert_legacy(&map, 27 * 1024, 0x3C00, 12 * 16);
    assert_int_equal(e820_top(&map), 32 * MIB - 0x10000);

    map.entry[2].length = 7 * MIB; /* less than 16 MiB */
    map.count = 3;
    assert_legacy(&map, 7 * 1024, 7 * 1024, 0);
    map.entry[2].length = 14 * MIB; /* a hole for ISA cards at 15 MiB */
    add(&map, 16 * MIB, 112 * MIB, USABLE);
    assert_legacy(&map, 14 * 1024, 14 * 1024, 0x700);
    map.entry[2].length = 3 * GIB - MIB; /* both limits reached */
    map.count = 3;
    assert_legacy(&map, 0xFC00, 0x3C00, 0xBF00);
    map.entry[2].length = 8 * GIB;
    assert_legacy(&map, 0xFC00, 0x3C00, 0xFF00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_small_maps), cmocka_unit_test(test_random_overlapping_maps),
        cmocka_unit_test(test_full_map),       cmocka_unit_test(test_end_of_the_address_space),
        cmocka_unit_test(test_attributes),     cmocka_unit_test(test_legacy_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
