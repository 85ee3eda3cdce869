/*
 * mem/pages.h: 4 KiB pages inside the hypervisor's block. What has one keeps it, but for EPT's
 * tables, which are given back all at once.
 */
#pragma once

#include "vcpu.h"

/* `count` pages in a row, zeroed, at an address inside the block. Stops the machine, saying so,
 * when the block is full. */
void *pages_alloc(uint32_t count);

/* The same for one page, which EPT takes for a table. */
void *pages_alloc_table(void);

/*
 * No entry leads to any of the tables any more. But a processor that remembers one goes on walking
 * it, and is right to. So they stay as they are until each has executed INVEPT, which works on
 * itself alone, and pages_forgotten() has been told so. That one says true when they are free:
 * once. SDM volume 3, "Operations that Invalidate Cached Mappings" (3C 29.4.3.1), "Guidelines for
 * Use of the INVEPT Instruction" (29.4.3.4).
 */
void pages_free_tables(void);
bool pages_forgotten(const struct vcpu *vcpu);

/* True in between. There must be no new table now. */
bool pages_wait(void);

/* How many pages are left. */
uint32_t pages_left(void);
