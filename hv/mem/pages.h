/*
 * mem/pages.h: 4 KiB pages inside the hypervisor's block. They are never given back.
 */
#pragma once

#include <stdint.h>

/* `count` pages in a row, zeroed, at an address inside the block. Stops the machine, saying so,
 * when the block is full. */
void *pages_alloc(uint32_t count);

/* How many pages are left. */
uint32_t pages_left(void);
