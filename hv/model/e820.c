/*
 * model/e820.c: the memory map, as the BIOS tells it and as the guest is told it.
 *
 * Source: ACPI specification, "System Address Map Interfaces", "INT 15H, E820H". A BIOS may leave
 * holes, and a careless one lets entries overlap; then the entry that is not usable wins.
 */
#include "model/e820.h"

#define KIB 0x400ull
#define MIB 0x100000ull

#define ATTRIBUTE_ENABLED 1u /* ACPI 3.0: without it the entry is to be ignored */

/* The address after the entry; an entry that reaches the end of the address space loses a byte
 * rather than wrapping to 0. */
static uint64_t end_of(uint64_t base, uint64_t length)
{
    return length > UINT64_MAX - base ? UINT64_MAX : base + length;
}

static uint64_t entry_end(const struct e820_entry *entry)
{
    return end_of(entry->base, entry->length);
}

static bool entry_usable(const struct e820_entry *entry)
{
    return entry->type == E820_USABLE && (entry->attributes & ATTRIBUTE_ENABLED) != 0;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Puts [base, end) into the map with the kind of `like`, after all entries that do not start
 * later, or lets the entry before it grow. Returns false when the map is full. */
static bool insert(struct e820_map *map, const struct e820_entry *like, uint64_t base, uint64_t end)
{
    if (base >= end)
        return true;

    uint32_t at = map->count;
    while (at > 0 && map->entry[at - 1].base > base)
        at--;

    if (at > 0) {
        struct e820_entry *before = &map->entry[at - 1];
        if (entry_end(before) == base && before->type == like->type &&
            before->attributes == like->attributes) {
            before->length = end - before->base;
            return true;
        }
    }
    if (map->count == E820_MAX)
        return false;
    for (uint32_t i = map->count; i > at; i--)
        map->entry[i] = map->entry[i - 1];
    map->entry[at] = *like;
    map->entry[at].base = base;
    map->entry[at].length = end - base;
    map->count++;
    return true;
}

bool e820_reserve(struct e820_map *map, uint64_t base, uint64_t length)
{
    struct e820_entry reserved = {.type = E820_RESERVED, .attributes = ATTRIBUTE_ENABLED};
    uint64_t end = end_of(base, length);
    struct e820_map result = {.count = 0};

    for (uint32_t i = 0; i < map->count; i++) {
        const struct e820_entry *entry = &map->entry[i];
        uint64_t first = entry->base, last = entry_end(entry);
        uint64_t cut_first = first, cut_last = first; /* nothing to cut out */

        /* Asks for the type alone: an entry to be ignored is cut too, should a guest use it. */
        if (entry->type == E820_USABLE && base < last && end > first) {
            cut_first = max64(base, first);
            cut_last = min64(end, last);
        }
        if (!insert(&result, entry, first, cut_first) ||
            !insert(&result, &reserved, cut_first, cut_last) ||
            !insert(&result, entry, cut_last, last))
            return false;
    }
    *map = result;
    return true;
}

uint64_t e820_contiguous(const struct e820_map *map, uint64_t start, uint64_t limit)
{
    uint64_t reached = start;

    for (uint32_t i = 0; i < map->count; i++) {
        const struct e820_entry *entry = &map->entry[i];
        if (!entry_usable(entry) && entry->length != 0 && entry_end(entry) > start)
            limit = min64(limit, entry->base);
    }
    /* Once round is enough: the entries are sorted, what starts after a gap stays after it. */
    for (uint32_t i = 0; i < map->count; i++) {
        const struct e820_entry *entry = &map->entry[i];
        if (entry_usable(entry) && entry->base <= reached)
            reached = max64(reached, entry_end(entry));
    }
    reached = min64(reached, limit);
    return reached > start ? reached - start : 0;
}

uint16_t e820_extended_kib(const struct e820_map *map)
{
    return (uint16_t)(e820_contiguous(map, 1 * MIB, 64 * MIB) / KIB);
}

void e820_e801(const struct e820_map *map, uint16_t *kib, uint16_t *blocks)
{
    *kib = (uint16_t)(e820_contiguous(map, 1 * MIB, 16 * MIB) / KIB);
    *blocks = (uint16_t)(e820_contiguous(map, 16 * MIB, 4096 * MIB) / (64 * KIB));
}

uint64_t e820_top(const struct e820_map *map)
{
    uint64_t top = 0;

    for (uint32_t i = 0; i < map->count; i++) {
        const struct e820_entry *entry = &map->entry[i];
        if (entry_usable(entry) && entry->length != 0)
            top = max64(top, entry_end(entry));
    }
    return top;
}
