/*
 * driver.c: hv/mem/ept.c on the host. Its tables are walked as a processor walks them, and each
 * answer is what the processor would make of one address.
 */
#include "host.h"
#include "machine.h"
#include "mem/ept.h"
#include "mem/mtrr_read.h"
#include "mem/pages.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL    128 /* tables that a build of these tests may take: it needs some ten */
#define ADDRESS 0x000FFFFFFFFFF000ull
#define LARGE   0x80u
#define ENTRIES 512

struct machine machine;
static struct mtrr_state mtrr;
static uint32_t used;
static _Alignas(PAGE_SIZE) uint8_t pool[POOL][PAGE_SIZE];

/* --- What hv/mem/ept.c calls --- */

void *pages_alloc(uint32_t count)
{
    if (used + count > POOL) {
        fprintf(stderr, "more than %u tables, where some ten are enough\n", POOL);
        exit(4);
    }
    used += count;
    return pool[used - count];
}

void *pages_alloc_table(void)
{
    return pages_alloc(1);
}

void pages_free_tables(void)
{
}

bool pages_wait(void)
{
    return false;
}

bool pages_forgotten(const struct vcpu *vcpu)
{
    (void)vcpu;
    return false;
}

uint32_t pages_left(void)
{
    return POOL; /* pages_alloc() says when it is too much */
}

void mtrr_read(struct mtrr_state *into, uint32_t physical_bits)
{
    *into = mtrr;
    into->physical_mask = (1ull << physical_bits) - 1;
}

/* --- The machine --- */

static void begin(void)
{
    machine.boot.hv_base = 0x1C00000;
    machine.physical_bits = 40;
    machine.cpus = 1;
    machine.has_1g_pages = true;
    mtrr = (struct mtrr_state){.present = true, .capabilities = 0x108, .default_type = 0xC06};
    memset(mtrr.fixed, MEM_WB, sizeof mtrr.fixed);
}

static void add_memory(uint64_t base, uint64_t length)
{
    struct e820_map *map = &machine.boot.e820;

    map->entry[map->count++] =
        (struct e820_entry){.base = base, .length = length, .type = E820_USABLE, .attributes = 1};
}

static void set_variable(uint64_t i, uint64_t base, uint64_t size, uint64_t type)
{
    mtrr.variable[i].base = base | type;
    mtrr.variable[i].mask = (~(size - 1) & ((1ull << machine.physical_bits) - 1)) | 0x800;
}

/* --- The processor --- */

static const uint64_t *table_at(uint64_t address)
{
    for (uint32_t i = 0; i < used; i++) {
        if (physical_address(pool[i]) == address)
            return (const uint64_t *)pool[i];
    }
    return NULL;
}

static bool leaf_is_valid(uint64_t entry, uint64_t size)
{
    uint64_t type = entry >> 3 & 7, access = entry & 7;

    return (entry & ADDRESS & (size - 1)) == 0 && type != 2 && type != 3 && type != 7 &&
           access != 2 && access != 6 && access != 4;
}

/* Five values: where the access goes, its rights, the memory type, the page's size, and 1 if an
 * entry on the way is one that a processor refuses. All 0 where nothing is mapped. */
static void walk(uint64_t address)
{
    uint64_t values[5] = {0}, access = 7, size = 1ull << 39;
    uint64_t pointer = ept_pointer() & ADDRESS;
    uint64_t entry = 0;

    for (;;) {
        const uint64_t *table = table_at(pointer);
        if (table == NULL) {
            values[4] = 1;
            break;
        }
        entry = table[address / size % ENTRIES];
        if ((entry & 7) == 0)
            break;
        access &= entry;
        if (size == PAGE_SIZE || ((entry & LARGE) && size <= 1ull << 30)) {
            values[0] = (entry & ADDRESS & ~(size - 1)) + address % size;
            values[1] = access;
            values[2] = entry >> 3 & 7;
            values[3] = size;
            values[4] = !leaf_is_valid(entry, size);
            break;
        }
        if (entry & 0xF8) {
            values[4] = 1;
            break;
        }
        pointer = entry & ADDRESS;
        size /= ENTRIES;
    }
    for (unsigned i = 0; i < 5; i++)
        host_report(values[i]);
}

int main(void)
{
    char *word;
    uint64_t number[WORDS_MAX];

    begin();
    while (host_next(&word, number)) {
        if (strcmp(word, "block") == 0)
            machine.boot.hv_base = number[0];
        else if (strcmp(word, "memory") == 0)
            add_memory(number[0], number[1]);
        else if (strcmp(word, "no-1g") == 0)
            machine.has_1g_pages = false;
        else if (strcmp(word, "fixed") == 0)
            ((uint8_t *)mtrr.fixed)[number[0]] = (uint8_t)number[1];
        else if (strcmp(word, "variable") == 0)
            set_variable(number[0], number[1], number[2], number[3]);
        else if (strcmp(word, "build") == 0)
            ept_build();
        else if (strcmp(word, "missing") == 0)
            host_report(ept_map_missing(number[0]));
        else if (strcmp(word, "tables") == 0)
            host_report(used);
        else if (strcmp(word, "walk") == 0)
            walk(number[0]);
    }
    return 0;
}
