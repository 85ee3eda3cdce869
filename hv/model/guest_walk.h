/*
 * model/guest_walk.h: from a guest's linear address to its physical one, through the guest's own
 * page tables. Pure logic. Source: SDM volume 3, "32-Bit Paging" (4.3), "PAE Paging" (4.4),
 * "4-Level Paging and 5-Level Paging" (4.5).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guest_paging {
    uint64_t cr0, cr3, cr4, efer;
    /* Reads `size` (4 or 8) bytes of guest-physical memory; false: nothing is there. */
    bool (*read)(void *context, uint64_t physical, uint32_t size, uint64_t *value);
    void *context;
};

/* False if an entry on the way is not present or cannot be read. `rights` are those of ENTRY_RW and
 * ENTRY_US that all entries have. Without paging, linear is physical (in the lower 32 bits). */
bool guest_walk(const struct guest_paging *paging, uint64_t linear, uint64_t *physical,
                uint64_t *rights);
