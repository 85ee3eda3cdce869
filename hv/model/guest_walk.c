/*
 * model/guest_walk.c: the same loop for every kind of paging; only the size of an entry, the bits
 * of an index and the level at the top differ. Reserved bits are not looked at: an entry that has
 * one set faults before the access that this is about. Source: SDM volume 3, "Paging" (3A 4.3
 * to 4.5), tables "Use of CR3" and "Formats of ... Entries".
 */
#include "model/guest_walk.h"
#include "cpu/x86.h"

#define ADDRESS 0x000FFFFFFFFFF000ull

#define SHIFT_4K   12 /* an entry maps 1 << shift bytes */
#define SHIFT_2M   21
#define SHIFT_4M   22
#define SHIFT_1G   30 /* and each of the four PDPTEs of PAE paging */
#define SHIFT_512G 39
#define SHIFT_256T 48

/* Whether PS means something in an entry that maps 1 << shift bytes. */
static bool may_be_large(const struct guest_paging *paging, unsigned shift)
{
    return shift == SHIFT_2M || (shift == SHIFT_4M && (paging->cr4 & CR4_PSE) != 0) ||
           (shift == SHIFT_1G && (paging->efer & EFER_LMA) != 0);
}

/* The page's address in `entry`. Bit 12 of a large page's entry is PAT, so the mask begins above.
 * PSE-36: bits 20:13 of a 4 MiB page's entry are bits 39:32 of the address. */
static uint64_t page_address(uint64_t entry, unsigned shift)
{
    uint64_t page = entry & ADDRESS & ~0ull << shift;

    if (shift == SHIFT_4M)
        page |= (entry >> 13 & 0xFFu) << 32;
    return page;
}

bool guest_walk(const struct guest_paging *paging, uint64_t linear, uint64_t *physical,
                uint64_t *rights)
{
    unsigned size = 8, bits = 9, shift = paging->cr4 & CR4_LA57 ? SHIFT_256T : SHIFT_512G;
    uint64_t table = paging->cr3 & ADDRESS;
    uint64_t entry = 0;

    *rights = ENTRY_RW | ENTRY_US;
    if (!(paging->efer & EFER_LMA)) {
        linear = (uint32_t)linear;
        table = (uint32_t)table;
        if (!(paging->cr0 & CR0_PG)) {
            *physical = linear;
            return true;
        }
        if (paging->cr4 & CR4_PAE) {
            shift = SHIFT_1G;
            table = paging->cr3 & 0xFFFFFFE0u; /* the four PDPTEs need no page of their own */
        } else {
            size = 4;
            bits = 10;
            shift = SHIFT_4M;
        }
    }
    for (;; shift -= bits) {
        uint64_t index = linear >> shift & ((1u << bits) - 1);

        if (!paging->read(paging->context, table + index * size, size, &entry) ||
            !(entry & ENTRY_P))
            return false;
        if (shift != SHIFT_1G || (paging->efer & EFER_LMA)) /* PAE paging's PDPTEs have none */
            *rights &= entry;
        if (shift == SHIFT_4K || ((entry & ENTRY_PS) != 0 && may_be_large(paging, shift)))
            break;
        table = entry & ADDRESS;
    }
    *physical = page_address(entry, shift) | (linear & ~(~0ull << shift));
    return true;
}
