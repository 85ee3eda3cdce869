/*
 * mem/ept.c: the EPT paging structures, which are AMD's nested page tables, too, but for the memory
 * types: there bits 2:0 are present, writable and user, and a page is all three.
 * Source: SDM volume 3, "The Extended Page Table Mechanism (EPT)" (3C 29.3); APM volume 2, "Nested
 * Paging" (15.25).
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
#define EPT_TYPE(t) (machine.is_svm ? 0 : (uint64_t)(t) << 3)
#define EPT_LARGE   0x80ull
#define EPT_ADDRESS 0x000FFFFFFFFFF000ull

#define EPTP_WALK_4      (3ull << 3) /* page-walk length minus one */
#define INVEPT_SINGLE    1ull        /* "single-context invalidation" */
#define ENTRIES          512
#define SIZE_4K          PAGE_SIZE
#define SIZE_2M          0x200000ull
#define SIZE_1G          0x40000000ull
#define SIZE_512G        0x8000000000ull
#define ALWAYS_MAPPED_TO 0x100000000ull /* 4 GiB; physical_pointer() ends there */
#define UNUSED           ~0ull          /* no page's address, and far from each */

static bool editing; /* one hierarchy for all processors, and one of them at a time changes it */
uint32_t ept_flushes;
static uint64_t *pml4;
static uint64_t *decoy_table; /* 512 times the same page of ones */
static uint8_t *ones_page;
static uint8_t *nowhere; /* takes what is written to a ROM; nobody reads it */
static struct mtrr_state mtrr;
/* Pages that are not what MTRRs and identity make of them. */
static struct replaced {
    uint64_t address, entry;
} replaced[EPT_SLOTS];
static uint64_t plain_to; /* below this no slot has been but the BIOS's; 0 with apic=off */

static void *table_of(uint64_t entry)
{
    /* The tables lie in the block, and that below 4 GiB. */
    return physical_pointer(entry & EPT_ADDRESS);
}

/* The table that `entry` points to; made, empty, if it is none yet. */
static uint64_t *next_table(uint64_t *entry)
{
    if (*entry == 0 || (*entry & EPT_LARGE))
        *entry = physical_address(pages_alloc_table()) | EPT_ALL;
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

/* The replaced page among the `size` bytes at `address`, or NULL. Where both are, it is the guest's
 * APIC, and not the machine's. */
static const struct replaced *replaced_in(uint64_t address, uint64_t size)
{
    for (uint32_t i = EPT_SLOTS; i-- > 0;)
        if (replaced[i].address - address < size)
            return &replaced[i];
    return NULL;
}

/* The 2 MiB at `address` as 512 pages in a table below `entry`, which may be 0, a large page
 * or such a table already. Each page gets the type of its own, or what has been put there. Its
 * entry is stored only once: other processors walk these tables, and may not find the machine's
 * APIC for a moment. */
static void map_4k(uint64_t *entry, uint64_t address)
{
    /* Where the MTRRs change their mind inside 2 MiB, as they do in the first one. */
    uint64_t *table = next_table(entry);

    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint64_t page = address + i * SIZE_4K;
        const struct replaced *other = replaced_in(page, SIZE_4K);

        table[i] = other != NULL ? other->entry : page | EPT_ALL | EPT_TYPE(mtrr_type(&mtrr, page));
    }
}

/* The 2 MiB at `address`, as its memory types want it now: nothing, a large page or a table.
 * What is a table once stays one. */
static void map_2m(uint64_t address)
{
    uint64_t *entry = pd_entry(address);
    enum memory_type type;

    if (ept_is_hidden(address))
        *entry = 0;
    else if ((*entry == 0 || (*entry & EPT_LARGE)) && replaced_in(address, SIZE_2M) == NULL &&
             mtrr_uniform(&mtrr, address, SIZE_2M, &type))
        *entry = address | EPT_ALL | EPT_TYPE(type) | EPT_LARGE;
    else
        map_4k(entry, address);
}

/* Whether three pages are left, one for each level that a change may need. If not, all tables are
 * thrown away, and what the guest touches is mapped anew when it is missed: slow, and right. */
static bool has_room(void)
{
    if (!pages_wait() && pages_left() < 3) {
        for (uint32_t i = 0; i < ENTRIES; i++)
            __atomic_store_n(&pml4[i], 0, __ATOMIC_RELEASE); /* not byte by byte */
        pages_free_tables();
    }
    return !pages_wait();
}

/* The 2 MiB around `address`, if there is room. If not, the guest does not find them, and comes
 * back. */
static void map_around(uint64_t address)
{
    if (has_room())
        map_2m(address & ~(SIZE_2M - 1));
}

/* The GiB at `address`, as its memory types want it now: a page from ALWAYS_MAPPED_TO on, if
 * the processor has pages of that size and the GiB one type; else 512 times map_around(). */
static void map_1g(uint64_t address)
{
    uint64_t *entry = pdpt_entry(address);
    enum memory_type type;

    if ((*entry == 0 || (*entry & EPT_LARGE)) && address >= ALWAYS_MAPPED_TO &&
        machine.has_1g_pages && mtrr_uniform(&mtrr, address, SIZE_1G, &type)) {
        *entry = address | EPT_ALL | EPT_TYPE(type) | EPT_LARGE;
        return;
    }
    for (uint64_t end = address + SIZE_1G; address < end; address += SIZE_2M)
        map_around(address);
}

static void map_all(void)
{
    uint64_t top = e820_top(&machine.boot.e820);

    mtrr_read(&mtrr, machine.physical_bits);
    for (uint64_t address = 0; address < ALWAYS_MAPPED_TO || address < top; address += SIZE_1G)
        if (has_room())
            map_1g(address);
}

static void forget(void)
{
    struct {
        uint64_t eptp, reserved;
    } descriptor = {ept_pointer(), 0};

    ept_flushes++;
    if (machine.is_svm)
        return;
    __asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"(INVEPT_SINGLE) : "cc", "memory");
}

void ept_flush(const struct vcpu *vcpu)
{
    lock(&editing);
    forget();
    if (pages_forgotten(vcpu))
        for (uint32_t i = 0; i < EPT_SLOTS; i++)
            if (replaced[i].address != UNUSED)
                map_around(replaced[i].address);
    unlock(&editing);
}

void ept_build(void)
{
    uint64_t user = machine.is_svm ? EPT_EXECUTE : 0; /* AMD's tables call that bit so */

    pml4 = pages_alloc(1);
    nowhere = pages_alloc(1);
    ones_page = pages_alloc(1);
    decoy_table = pages_alloc(1);
    for (uint32_t i = 0; i < EPT_SLOTS; i++)
        replaced[i].address = UNUSED;
    for (uint32_t i = 0; i < ENTRIES; i++)
        decoy_table[i] =
            physical_address(ones_page) | EPT_READ | EPT_WRITE | EPT_TYPE(MEM_WB) | user;
    map_all();
}

uint64_t ept_pointer(void)
{
    return physical_address(pml4) | (machine.is_svm ? 0 : EPTP_WALK_4 | MEM_WB);
}

bool ept_is_hidden(uint64_t address)
{
    return address - machine.boot.hv_base < HV_BLOCK_SIZE;
}

/* EPT says where the guest would come to, but an APIC it maps, if at all, to a page whose contents
 * mean nothing. */
uint8_t *ept_memory(uint64_t address, bool write)
{
    uint64_t page = address & ~(PAGE_SIZE - 1);

    if (page == replaced[EPT_SLOT_BIOS].address)
        return (write ? nowhere : table_of(replaced[EPT_SLOT_BIOS].entry)) + address % PAGE_SIZE;
    if (address >= ALWAYS_MAPPED_TO || ept_is_hidden(address))
        return NULL;
    if (address >= plain_to &&
        (replaced_in(page, SIZE_4K) || page == (rdmsr(MSR_IA32_APIC_BASE) & APIC_BASE_ADDRESS)))
        return NULL;
    return physical_pointer(address);
}

bool ept_map_missing(uint64_t address)
{
    bool mapped;

    if (address >> machine.physical_bits != 0 || ept_is_hidden(address))
        return false;
    lock(&editing);
    mapped = ept_entry_for(address & ~(SIZE_2M - 1)) == 0;
    if (mapped)
        map_around(address);
    unlock(&editing);
    return mapped || machine.cpus > 1; /* with several, another one may have been faster */
}

void ept_update_types(void)
{
    lock(&editing);
    map_all();
    unlock(&editing);
    forget();
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
    if (slot != EPT_SLOT_BIOS && (plain_to == 0 || address < plain_to))
        plain_to = address;
    if (before != address)
        map_around(before);
    map_around(address);
    unlock(&editing);
    forget();
}

void ept_decoy(bool shown)
{
    if (shown)
        memset(ones_page, 0xFF, PAGE_SIZE);
    lock(&editing);
    if (has_room())
        *pd_entry(machine.boot.hv_base) = shown ? physical_address(decoy_table) | EPT_ALL : 0;
    unlock(&editing);
    forget();
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
