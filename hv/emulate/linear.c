/*
 * emulate/linear.c: the guest's memory by linear address.
 */
#include "cpu/x86.h"
#include "emulate/emulate.h"
#include "lib/string.h"
#include "machine.h"
#include "mem/ept.h"
#include "model/guest_walk.h"
#include "virt/guest.h"

#define PDPTE_RESERVED 0x1E6ull      /* and all bits beyond physical addresses */
#define PDPTES_ADDRESS 0xFFFFFFE0ull /* in CR3 */

/* For the page tables on the way. */
static bool read_entry(void *context, uint64_t physical, uint32_t size, uint64_t *value)
{
    const uint8_t *from = ept_memory(physical, false);

    (void)context;
    *value = 0;
    if (from != NULL)
        memcpy(value, from, size);
    return from != NULL;
}

static bool walk(uint64_t linear, uint64_t *physical)
{
    struct guest_paging paging = {
        .cr0 = guest_read(GUEST_CR0),
        .cr3 = guest_read(GUEST_CR3),
        .cr4 = guest_read(GUEST_CR4),
        .efer = guest_read(GUEST_EFER),
        .read = read_entry,
    };

    return guest_walk(&paging, linear, physical);
}

bool guest_maps(uint64_t linear)
{
    uint64_t physical;

    return walk(linear, &physical);
}

uint8_t *guest_pointer(uint64_t linear, bool write)
{
    uint64_t physical = (uint32_t)linear;

    if ((guest_read(GUEST_CR0) & CR0_PG) && !walk(linear, &physical))
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
    bool good = true;

    guest_write(GUEST_CR3, cr3);
    for (uint32_t i = 0; i < 4 && (guest_read(GUEST_CR4) & CR4_PAE); i++) {
        uint64_t pdpte;

        read_entry(NULL, (cr3 & PDPTES_ADDRESS) + i * 8, 8, &pdpte);
        if ((pdpte & ENTRY_P) && (pdpte & reserved)) {
            pdpte = 0;
            good = false;
        }
        guest_write(GUEST_PDPTE0 + 2 * i, pdpte);
    }
    return good;
}
