/*
 * emulate/linear.h: the guest's memory by linear address, through its own page tables.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Copies `size` bytes from or to the guest's memory. False if a page of them is not mapped by the
 * guest, is hidden from it, or is beyond 4 GiB, where the hypervisor does not reach. */
bool guest_read_linear(uint64_t linear, void *to, uint32_t size);
bool guest_write_linear(uint64_t linear, const void *from, uint32_t size);

/* Where the byte at `linear` is; NULL in the same cases. The rest of its page of 4 KiB follows. */
uint8_t *guest_pointer(uint64_t linear);
