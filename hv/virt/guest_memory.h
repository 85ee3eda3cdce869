/*
 * virt/guest_memory.h: the guest's memory by linear address, through its own page tables.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Copies `size` bytes from or to the guest's memory. Returns how many it were: there are no more if
 * a page is not mapped by the guest, or is none of those that ept_memory() has. */
uint32_t guest_copy_linear(uint64_t linear, void *ours, uint32_t size, bool to_guest);

/* Where the byte at `linear` is; NULL in the same cases. The rest of its page of 4 KiB follows. */
uint8_t *guest_pointer(uint64_t linear, bool write);

/* Whether the guest's page tables map it, wherever to; `rights` are guest_walk()'s. Where hv16
 * cannot read the tables they do, to an address that ept_memory() does not have. */
bool guest_translate(uint64_t linear, uint64_t *physical, uint64_t *rights);

/* MOV to CR3, but for bits of CR3 itself that are reserved. False: with PAE paging, one of the four
 * PDPTEs has a reserved bit, and is now not present. */
bool guest_load_cr3(uint64_t cr3);
