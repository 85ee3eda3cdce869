/*
 * virt/guest_memory.c: the guest's memory by linear address.
 */
#include "virt/guest_memory.h"
#include "cpu/x86.h"
#include "lib/string.h"
#include "machine.h"
#include "mem/ept.h"
#include "model/guest_walk.h"
#include "virt/guest.h"

#define PDPTE_RESERVED 0x1E6ull      /* and all bits beyond physical addresses */
#define PDPTES_ADDRESS 0xFFFFFFE0ull /* in CR3 */

/* For the page tables on the way. `context` is a bool: whether all could be read. */
static bool read_entry(void *context, uint64_t physical, uint32_t size, uint64_t *value)
{
    const uint8_t *from = ept_memory(physical, false);

    *value = 0;
    if (from != NULL)
        memcpy(value, from, size);
    else
        *(bool *)context = false;
    return from != NULL;
}

bool guest_translate(uint64_t linear, uint64_t *physical, uint64_t *rights)
{
    bool all_read = true;
    struct guest_paging paging = {
        .cr0 = guest_read(GUEST_CR0),
        .cr3 = guest_read(GUEST_CR3),
        .cr4 = guest_read(GUEST_CR4),
        .efer = guest_read(GUEST_EFER),
        .read = read_entry,
        .context = &all_read,
    };

    if (guest_walk(&paging, linear, physical, rights))
        return true;
    *physical = ~0ull;
    return !all_read;
}

uint8_t *guest_pointer(uint64_t linear, bool write)
{
    uint64_t physical = (uint32_t)linear, rights;

    if ((guest_read(GUEST_CR0) & CR0_PG) && !guest_translate(linear, &physical, &rights))
        return NULL;
    return ept_memory(physical, write);
}

/* Byte by byte: these are few, and each may be on another page. */
uint32_t guest_copy_linear(uint64_t linear, void *ours, uint32_t size, bool to_guest)
{
    uint8_t *bytes = ours;

    for (uint32_t i = 0; i < size; i++) {
        uint8_t *theirs = guest_pointer(linear + i, to_guest);

        if (theirs == NULL)
            return i;
        if (to_guest)
            *theirs = bytes[i];
        else
            bytes[i] = *theirs;
    }
    return size;
}

/* SDM volume 3, "PDPTE Registers" (3A 4.4.1). */
bool guest_load_cr3(uint64_t cr3)
{
    uint64_t reserved = ~0ull << machine.physical_bits | PDPTE_RESERVED;
    bool good = true, read;

    guest_write(GUEST_CR3, cr3);
    for (uint32_t i = 0; i < 4 && (guest_read(GUEST_CR4) & CR4_PAE); i++) {
        uint64_t pdpte;

        read_entry(&read, (cr3 & PDPTES_ADDRESS) + i * 8, 8, &pdpte);
        if ((pdpte & ENTRY_P) && (pdpte & reserved)) {
            pdpte = 0;
            good = false;
        }
        guest_write(GUEST_PDPTE0 + 2 * i, pdpte);
    }
    return good;
}
