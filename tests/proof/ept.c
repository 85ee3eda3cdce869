/*
 * ept.c: where the entries of hv/mem/ept.c lead, for every memory map and all MTRRs: Frama-C's Eva
 * runs it with sets of values, and proves that no page lies in [forbidden, forbidden + size). Those
 * are the hypervisor's block, at every place where it may be, and the page of the machine's APIC.
 *
 * Each 2 MiB are map_2m()'s and each GiB is map_1g()'s, whatever the memory map says. What they are
 * asked for is cut into three: below what is forbidden, above it, and just that. Each of these is
 * one set. mtrr_type() and mtrr_uniform() may answer anything.
 *
 * proof.py makes mem/ept_checked.c, a copy of ept.c in which each entry of a page goes through
 * stored().
 */
#define _Alignas(bytes) /* Frama-C knows neither of these */
#define _Noreturn
#include "mem/ept.h"
#include "__fc_builtin.h"
#include "layout.h"
#include "machine.h"
#include "mem/mtrr_read.h"
#include "mem/pages.h"

#define MIB_2 0x200000ull
#define GIB   0x40000000ull
#define END   0x10000000000000ull /* of 52 bits of physical address */
#define PAGE  0x000FFFFFFFFFF000ull
#define APIC  0xFEE00000ull

struct machine machine;
static uint64_t tables[4][512]; /* any of them stands for all */
static uint64_t forbidden, forbidden_size;

/* All that hv16 allocates lies in the block. */
#define physical_address(pointer) (machine.boot.hv_base + Frama_C_interval(0, 255) * 4096ull)
#define physical_pointer(address) some_table()

static void *some_table(void)
{
    return tables[Frama_C_interval(0, 3)];
}

void *pages_alloc(uint32_t count)
{
    (void)count;
    return some_table();
}

void *pages_alloc_table(void)
{
    return some_table();
}

bool pages_wait(void)
{
    return Frama_C_interval(0, 1) != 0;
}

enum memory_type mtrr_type(const struct mtrr_state *m, uint64_t page)
{
    (void)m;
    (void)page;
    return (enum memory_type)Frama_C_interval(0, 7);
}

bool mtrr_uniform(const struct mtrr_state *m, uint64_t at, uint64_t size, enum memory_type *type)
{
    (void)size;
    *type = mtrr_type(m, at);
    return Frama_C_interval(0, 1) != 0;
}

/* An entry that maps `size` bytes. */
static uint64_t stored(uint64_t entry, uint64_t size)
{
    uint64_t page = entry & PAGE & ~(size - 1);

    //@ assert not_forbidden: page + size <= forbidden || page >= forbidden + forbidden_size;
    return entry;
}

#include "mem/ept_checked.c"

static uint64_t some(uint64_t from, uint64_t last, uint64_t step)
{
    return Frama_C_unsigned_long_interval(from / step, last / step) * step;
}

/* Whatever they hold by now. */
static void forget_tables(void)
{
    Frama_C_make_unknown((char *)tables, sizeof tables);
    pml4 = tables[0];
}

/* Everything but the 2 MiB of what is forbidden. */
static void map_beside(void)
{
    if (forbidden != 0)
        map_2m(some(0, forbidden - MIB_2, MIB_2));
    map_2m(some(forbidden + MIB_2, END - MIB_2, MIB_2));
}

static void map_large(void)
{
    machine.has_1g_pages = Frama_C_interval(0, 1) != 0;
    map_1g(some(ALWAYS_MAPPED_TO, END - GIB, GIB));
}

void block(void)
{
    forbidden_size = HV_BLOCK_SIZE;
    forget_tables();
    //@ loop unroll 2048;
    for (forbidden = FIRST; forbidden <= LAST; forbidden += STEP) {
        machine.boot.hv_base = forbidden;
        map_beside();
        map_2m(forbidden);
    }
    forbidden = machine.boot.hv_base = some(0, ALWAYS_MAPPED_TO - MIB_2, MIB_2);
    map_large();
}

/* What stands in for the APIC's page may be any page of the block, or nothing. */
static void replace_apic(void)
{
    forbidden = APIC;
    forbidden_size = SIZE_4K;
    machine.boot.hv_base = some(MIB_2, APIC - MIB_2, MIB_2);
    replaced[EPT_SLOT_APIC].address = APIC;
    replaced[EPT_SLOT_APIC].entry = Frama_C_interval(0, 1) ? 0 : 1 | physical_address(NULL);
}

void around_apic(void)
{
    replace_apic();
    forget_tables();
    map_beside();
    map_large();
}

void apic(void)
{
    replace_apic();
    forget_tables();
    map_2m(APIC);
}
