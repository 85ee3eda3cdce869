/*
 * guest_walk.c: model/guest_walk.c, with page tables whose entries are libFuzzer's. The walk is
 * done again by the SDM's tables, one row for each kind of paging: "Paging" (3A 4.3 to 4.5).
 */
#include "model/guest_walk.h"
#include "cpu/x86.h"
#include "fuzz.h"

#define ADDRESS 0x000FFFFFFFFFF000ull

struct walk {
    struct input entries;
    unsigned reads;
    uint64_t address[5], entry[5];
    uint32_t size;
    bool failed;
};

static bool read_entry(void *context, uint64_t physical, uint32_t size, uint64_t *value)
{
    struct walk *walk = context;

    CLAIM(walk->reads < 5 && !walk->failed);
    CLAIM(size == 4 || size == 8);
    CLAIM(physical % size == 0 && physical <= ADDRESS + 0xFFF);
    walk->failed = walk->entries.left == 0;
    walk->size = size;
    walk->address[walk->reads] = physical;
    walk->entry[walk->reads] = *value = take(&walk->entries, size);
    walk->reads++;
    return !walk->failed;
}

/* From the top: the shift of each level, and whether its entry may map a page itself. */
static void claim_walk(const struct guest_paging *paging, const struct walk *walk, uint64_t linear,
                       bool found, uint64_t physical, uint64_t rights)
{
    static const struct {
        unsigned levels, shift[5], bits;
        bool large[5];
    } kinds[] = {
        {2, {22, 12}, 10, {true, true}},
        {3, {30, 21, 12}, 9, {false, true, true}},
        {4, {39, 30, 21, 12}, 9, {false, true, true, true}},
        {5, {48, 39, 30, 21, 12}, 9, {false, false, true, true, true}},
    };
    bool lma = (paging->efer & EFER_LMA) != 0;
    unsigned kind = lma ? 2 + !!(paging->cr4 & CR4_LA57) : !!(paging->cr4 & CR4_PAE), i = 0;
    uint64_t table = kind == 1 ? paging->cr3 & 0xFFFFFFE0 : paging->cr3 & ADDRESS;
    uint64_t all = ENTRY_RW | ENTRY_US;

    if (!lma)
        table = (uint32_t)table;
    for (;; i++) {
        unsigned shift = kinds[kind].shift[i];
        uint64_t index = linear >> shift & ((1u << kinds[kind].bits) - 1), entry = walk->entry[i];
        bool large = kinds[kind].large[i] && (kind != 0 || paging->cr4 & CR4_PSE);
        CLAIM(walk->reads > i && walk->address[i] == table + index * walk->size);
        CLAIM(walk->size == (kind == 0 ? 4 : 8));
        if ((walk->failed && walk->reads == i + 1) || !(entry & 1)) {
            CLAIM(!found && walk->reads == i + 1);
            return;
        }
        if (kind != 1 || i != 0) /* the PDPTEs of PAE paging have no rights */
            all &= entry;
        if (i + 1 == kinds[kind].levels || (large && entry & 0x80)) {
            uint64_t inside = (1ull << shift) - 1;
            uint64_t page = entry & ADDRESS & ~inside;
            if (kind == 0 && i == 0)
                page |= (entry & 0x1FE000) << 19;
            CLAIM(found && walk->reads == i + 1);
            CLAIM(physical == (page | (linear & inside)));
            CLAIM(rights == all);
            return;
        }
        table = entry & ADDRESS;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint64_t flags = take(&input, 1), linear = take(&input, 8), physical = 0, cr3;
    uint64_t rights = 0;
    struct walk walk = {.reads = 0};
    bool found, pages = (flags & 7) != 0;

    cr3 = take(&input, 8);
    walk.entries = input;
    struct guest_paging paging = {
        .cr0 = pages ? CR0_PE | CR0_PG : CR0_PE,
        .cr3 = cr3,
        .cr4 = (flags & 0x08 ? CR4_PSE : 0) | (flags & 0x10 ? CR4_PAE : 0) |
               (flags & 0x20 ? CR4_LA57 : 0),
        .efer = pages && flags & 0x40 ? EFER_LME | EFER_LMA : 0,
        .read = read_entry,
        .context = &walk,
    };
    found = guest_walk(&paging, linear, &physical, &rights);
    if (!(paging.efer & EFER_LMA))
        linear = (uint32_t)linear;
    if (pages)
        claim_walk(&paging, &walk, linear, found, physical, rights);
    else
        CLAIM(found && walk.reads == 0 && physical == linear);
    return 0;
}
