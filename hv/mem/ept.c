/*
 * mem/ept.c: the EPT paging structures.
 * Source: SDM volume 3, "The Extended Page Table Mechanism (EPT)" (3C 29.3).
 */
#include "mem/ept.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "cpu/x86.h"
#include "layout.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "machine.h"
#include "mem/mtrr_read.h"
#include "mem/pages.h"

#define EPT_READ    0x1ull
#define EPT_WRITE   0x2ull
#define EPT_EXECUTE 0x4ull
#define EPT_ALL     (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define EPT_TYPE(t) ((uint64_t)(t) << 3)
#define EPT_LARGE   0x80ull
#define EPT_ADDRESS 0x000FFFFFFFFFF000ull

#define EPTP_WALK_4      (3ull << 3) /* page-walk length minus one */
#define INVEPT_SINGLE    1ull        /* "single-context invalidation" */
#define ENTRIES          512
#define SIZE_4K          PAGE_SIZE
#define SIZE_2M          0x200000ull
#define SIZE_1G          0x40000000ull
#define SIZE_512G        0x8000000000ull
#define ALWAYS_MAPPED_TO 0x100000000ull /* 4 GiB: memory, devices, firmware */
#define UNUSED           ~0ull          /* no page's address, and far from each */
#define REACHABLE        0x100000000ull /* where physical_pointer() ends */
#define PAGES_KEPT       16             /* that memory types may not use up */

static bool editing; /* one hierarchy for all processors, and one of them at a time changes it */
static bool use_1g_pages;
static uint64_t *pml4;
static uint64_t *decoy_table; /* 512 times the same page of ones */
static uint8_t *ones_page;
static uint8_t *nowhere; /* takes what is written to a ROM; nobody reads it */
static struct mtrr_state mtrr;
/* Pages that are not what MTRRs and identity make of them. */
static struct {
    uint64_t address, entry;
} replaced[EPT_SLOTS];

static void *table_of(uint64_t entry)
{
    /* The tables lie in the block, and that below 4 GiB. */
    return physical_pointer(entry & EPT_ADDRESS);
}

/* The table that `entry` points to; made, empty, if there is none yet. */
static uint64_t *next_table(uint64_t *entry)
{
    if (*entry == 0)
        *entry = physical_address(pages_alloc(1)) | EPT_ALL;
    return table_of(*entry);
}

static uint64_t *pml4_entry(uint64_t address)
{
    return &pml4[address / SIZE_512G % ENTRIES];
}

/* The entry for `address` in its page-directory-pointer table. */
static uint64_t *pdpt_entry(uint64_t address)
{
    return (uint64_t *)next_table(pml4_entry(address)) + address / SIZE_1G % ENTRIES;
}

/* The entry for `address` in its page directory. */
static uint64_t *pd_entry(uint64_t address)
{
    return (uint64_t *)next_table(pdpt_entry(address)) + address / SIZE_2M % ENTRIES;
}

static bool has_replaced_page(uint64_t address)
{
    for (uint32_t i = 0; i < EPT_SLOTS; i++) {
        if (replaced[i].address - address < SIZE_2M)
            return true;
    }
    return false;
}

/* The entry of the page at `address`: what has been put there, or else `entry`. It is stored only
 * once: other processors walk these tables, and may not find the machine's APIC for a moment. */
static uint64_t unless_replaced(uint64_t address, uint64_t entry)
{
    for (uint32_t i = 0; i < EPT_SLOTS; i++) {
        if (replaced[i].address == address)
            entry = replaced[i].entry; /* of the guest's APIC, where the machine's is too */
    }
    return entry;
}

/* The 2 MiB at `address` as 512 pages in a table below `entry`, which may be 0, a large page
 * or such a table already. Each page gets the type of its own, unless_replaced(). */
static void map_4k(uint64_t *entry, uint64_t address)
{
    /* Where the MTRRs change their mind inside 2 MiB, as they do in the first one. */
    uint64_t *table;

    if (*entry & EPT_LARGE)
        *entry = 0;
    table = next_table(entry);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint64_t page = address + i * SIZE_4K;

        table[i] = unless_replaced(page, page | EPT_ALL | EPT_TYPE(mtrr_type(&mtrr, page)));
    }
}

/* The guest writes MTRRs, and may want a table for each 2 MiB that there are: a mask may have
 * holes. When the pages run short, all of the 2 MiB is uncacheable: that is slow, and right. */
static bool is_one_type(uint64_t address, enum memory_type *type)
{
    if (mtrr_uniform(&mtrr, address, SIZE_2M, type))
        return true;
    *type = MEM_UC;
    return pages_left() <= PAGES_KEPT;
}

/* The 2 MiB at `address`, as its memory types want it now: nothing, a large page or a table.
 * What is a table once stays one. */
static void map_2m(uint64_t address)
{
    uint64_t *entry = pd_entry(address);
    enum memory_type type;

    if (ept_is_hidden(address))
        *entry = 0;
    else if ((*entry == 0 || (*entry & EPT_LARGE)) && !has_replaced_page(address) &&
             is_one_type(address, &type))
        *entry = address | EPT_ALL | EPT_TYPE(type) | EPT_LARGE;
    else
        map_4k(entry, address);
}

/* The GiB at `address`, as its memory types want it now: a page from ALWAYS_MAPPED_TO on, if
 * the processor has pages of that size and the GiB one type; else 512 times map_2m(). */
static void map_1g(uint64_t address)
{
    uint64_t *entry = pdpt_entry(address);
    enum memory_type type;

    if ((*entry == 0 || (*entry & EPT_LARGE)) && address >= ALWAYS_MAPPED_TO && use_1g_pages &&
        mtrr_uniform(&mtrr, address, SIZE_1G, &type)) {
        *entry = address | EPT_ALL | EPT_TYPE(type) | EPT_LARGE;
        return;
    }
    if (*entry & EPT_LARGE)
        *entry = 0;
    for (uint64_t end = address + SIZE_1G; address < end; address += SIZE_2M)
        map_2m(address);
}

static void build_decoy(void)
{
    ones_page = pages_alloc(1);
    decoy_table = pages_alloc(1);
    memset(ones_page, 0xFF, PAGE_SIZE);
    for (uint32_t i = 0; i < ENTRIES; i++)
        decoy_table[i] = physical_address(ones_page) | EPT_READ | EPT_WRITE | EPT_TYPE(MEM_WB);
}

static void map_all(void)
{
    uint64_t top = e820_top(&machine.boot.e820);

    mtrr_read(&mtrr, machine.physical_bits);
    for (uint64_t address = 0; address < ALWAYS_MAPPED_TO || address < top; address += SIZE_1G)
        map_1g(address);
}

void ept_flush(void)
{
    struct {
        uint64_t eptp, reserved;
    } descriptor = {ept_pointer(), 0};

    __asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"(INVEPT_SINGLE) : "cc", "memory");
}

void ept_build(bool has_1g_pages)
{
    use_1g_pages = has_1g_pages;
    pml4 = pages_alloc(1);
    nowhere = pages_alloc(1);
    for (uint32_t i = 0; i < EPT_SLOTS; i++)
        replaced[i].address = UNUSED;
    build_decoy();
    map_all();
}

uint64_t ept_pointer(void)
{
    return physical_address(pml4) | EPTP_WALK_4 | MEM_WB;
}

bool ept_is_hidden(uint64_t address)
{
    return address - machine.boot.hv_base < HV_BLOCK_SIZE;
}

/* With apic=off the guest moves the machine's own, and no slot is for that. */
static bool is_an_apics(uint64_t page)
{
    for (uint32_t i = 0; i < EPT_SLOT_GUESTS_APIC + machine.cpus; i++) {
        if (page == replaced[i].address)
            return true;
    }
    return page == (rdmsr(MSR_IA32_APIC_BASE) & APIC_BASE_ADDRESS);
}

/* EPT says where the guest would come to, but an APIC it maps, if at all, to a page whose contents
 * mean nothing. */
uint8_t *ept_memory(uint64_t address, bool write)
{
    uint64_t page = address & ~(PAGE_SIZE - 1);

    if (page == replaced[EPT_SLOT_BIOS].address)
        return (write ? nowhere : table_of(replaced[EPT_SLOT_BIOS].entry)) + address % PAGE_SIZE;
    if (address >= REACHABLE || ept_is_hidden(address) || is_an_apics(page))
        return NULL;
    return physical_pointer(address);
}

bool ept_map_missing(uint64_t address)
{
    bool mapped;

    address &= ~(SIZE_2M - 1);
    if (address >> machine.physical_bits != 0 || ept_is_hidden(address))
        return false;
    lock(&editing);
    mapped = ept_entry_for(address) == 0;
    if (mapped)
        map_2m(address);
    unlock(&editing);
    return mapped || machine.cpus > 1; /* with several, another one may have been faster */
}

void ept_update_types(void)
{
    lock(&editing);
    map_all();
    unlock(&editing);
    ept_flush();
}

void ept_replace_page(enum ept_slot slot, uint64_t address, uint64_t physical, uint32_t access)
{
    uint64_t before = replaced[slot].address == UNUSED ? address : replaced[slot].address;
    uint64_t entry = access == EPT_NOTHING ? 0 : physical | access | EPT_TYPE(MEM_WB);

    if (address == replaced[slot].address && entry == replaced[slot].entry)
        return;
    lock(&editing);
    replaced[slot].address = address;
    replaced[slot].entry = entry;
    if (before != address)
        map_2m(before & ~(SIZE_2M - 1));
    map_2m(address & ~(SIZE_2M - 1));
    unlock(&editing);
    ept_flush();
}

void ept_decoy_show(void)
{
    *pd_entry(machine.boot.hv_base) = physical_address(decoy_table) | EPT_ALL;
}

void ept_decoy_hide(void)
{
    *pd_entry(machine.boot.hv_base) = 0;
    memset(ones_page, 0xFF, PAGE_SIZE);
    ept_flush();
}

uint64_t ept_entry_for(uint64_t address)
{
    uint64_t entry = *pml4_entry(address);

    for (uint64_t size = SIZE_1G; entry != 0; size /= ENTRIES) {
        entry = ((uint64_t *)table_of(entry))[address / size % ENTRIES];
        if (size == SIZE_4K || (entry & EPT_LARGE))
            break;
    }
    return entry;
}
