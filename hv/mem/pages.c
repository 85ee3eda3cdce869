/*
 * mem/pages.c: two counters are all it takes: what the hypervisor keeps grows from one end, and
 * EPT's tables from the other one.
 */
#include "mem/pages.h"
#include "console/end.h"
#include "cpu/x86.h"
#include "layout.h"
#include "lib/string.h"
#include "machine.h"

#define POOL_END (HV_VIRT + HV_PAGE_TABLES)

extern uint8_t pool_start[]; /* hv.ld: the first page after the hypervisor's own */

static uint32_t used, tables;
static uint32_t remember; /* a bit for each vCPU whose processor may know tables of before */

uint32_t pages_left(void)
{
    return (uint32_t)((POOL_END - (uint64_t)pool_start) / PAGE_SIZE) - used - tables;
}

static void check_left(uint32_t count)
{
    if (count > pages_left())
        end_stop("the hypervisor's block is full: %u pages wanted, %u left", count, pages_left());
}

void *pages_alloc(uint32_t count)
{
    check_left(count);
    used += count;
    return memset(pool_start + (used - count) * PAGE_SIZE, 0, count * PAGE_SIZE);
}

void *pages_alloc_table(void)
{
    check_left(1);
    return memset((void *)(POOL_END - ++tables * PAGE_SIZE), 0, PAGE_SIZE);
}

void pages_free_tables(void)
{
    remember = (1u << machine.cpus) - 1;
}

bool pages_forgotten(const struct vcpu *vcpu)
{
    if (remember == 0)
        return false;
    for (uint32_t i = 0; i < machine.cpus; i++)
        if (&vcpus[i] == vcpu || vcpu_is_deaf(&vcpus[i]))
            remember &= ~(1u << i);
    if (remember == 0)
        tables = 0;
    return remember == 0;
}

bool pages_wait(void)
{
    return __atomic_load_n(&remember, __ATOMIC_RELAXED) != 0;
}
