/*
 * mem/pages.c: a pointer that only grows is all it takes: what the hypervisor
 * allocates, it allocates once and keeps.
 */
#include "mem/pages.h"
#include "console/end.h"
#include "cpu/x86.h"
#include "layout.h"
#include "lib/string.h"

extern uint8_t pool_start[]; /* hv.ld: the first page after the hypervisor's own */

static uint64_t used;

uint32_t pages_left(void)
{
    return (uint32_t)((HV_VIRT + HV_PAGE_TABLES - (uint64_t)pool_start) / PAGE_SIZE - used);
}

void *pages_alloc(uint32_t count)
{
    uint8_t *page = pool_start + used * PAGE_SIZE;

    if (count > pages_left())
        end_stop("the hypervisor's block is full: %u pages wanted, %u left", count, pages_left());
    used += count;
    return memset(page, 0, (uint64_t)count * PAGE_SIZE);
}
