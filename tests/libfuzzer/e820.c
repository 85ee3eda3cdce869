/*
 * e820.c: model/e820.c, with any sorted map: entries may overlap, be empty or end beyond 2^64.
 */
#include "model/e820.h"
#include "fuzz.h"

static uint64_t end_of(uint64_t base, uint64_t length)
{
    return length > UINT64_MAX - base ? UINT64_MAX : base + length;
}

static bool covers(const struct e820_entry *entry, uint64_t address)
{
    return address >= entry->base && address < end_of(entry->base, entry->length);
}

static bool is_usable(const struct e820_entry *entry)
{
    return entry->type == E820_USABLE && (entry->attributes & 1) != 0;
}

/* Whether an entry of this kind is at the address. */
static bool has(const struct e820_map *map, uint64_t address, uint32_t type, uint32_t attributes)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (covers(&map->entry[i], address) && map->entry[i].type == type &&
            map->entry[i].attributes == attributes)
            return true;
    }
    return false;
}

/* Whether all who look for memory at the address find some. */
static bool is_memory(const struct e820_map *map, uint64_t address)
{
    bool usable = false;

    for (uint32_t i = 0; i < map->count; i++) {
        if (!covers(&map->entry[i], address))
            continue;
        if (!is_usable(&map->entry[i]))
            return false;
        usable = true;
    }
    return usable;
}

static bool is_sorted(const struct e820_map *map)
{
    for (uint32_t i = 1; i < map->count; i++) {
        if (map->entry[i].base < map->entry[i - 1].base)
            return false;
    }
    return true;
}

static bool overlaps(const struct e820_map *map)
{
    uint64_t end = 0;

    for (uint32_t i = 0; i < map->count; i++) {
        if (map->entry[i].base < end && map->entry[i].length != 0)
            return true;
        if (end_of(map->entry[i].base, map->entry[i].length) > end)
            end = end_of(map->entry[i].base, map->entry[i].length);
    }
    return false;
}

/* The block is never usable; everywhere else all is as it was. */
static void claim_at(const struct e820_map *before, const struct e820_map *after, uint64_t address,
                     uint64_t base, uint64_t end)
{
    bool hidden = address >= base && address < end;

    for (uint32_t i = 0; i < before->count; i++) {
        const struct e820_entry *entry = &before->entry[i];
        bool was = covers(entry, address);
        if (!hidden || entry->type != E820_USABLE)
            CLAIM(!was || has(after, address, entry->type, entry->attributes));
        else
            CLAIM(!was || has(after, address, E820_RESERVED, 1));
    }
    for (uint32_t i = 0; i < after->count; i++) {
        const struct e820_entry *entry = &after->entry[i];
        if (!covers(entry, address))
            continue;
        CLAIM(!hidden || entry->type != E820_USABLE);
        CLAIM(hidden || has(before, address, entry->type, entry->attributes));
    }
}

static void claim_reserved(const struct e820_map *before, const struct e820_map *after,
                           uint64_t base, uint64_t length)
{
    uint64_t end = end_of(base, length);

    CLAIM(is_sorted(after));
    CLAIM(overlaps(before) || !overlaps(after));
    for (uint32_t i = 0; i < before->count; i++) {
        const struct e820_entry *entry = &before->entry[i];
        uint64_t edges[] = {entry->base, end_of(entry->base, entry->length), base, end};
        for (unsigned k = 0; k < 4; k++) {
            claim_at(before, after, edges[k] - 1, base, end);
            claim_at(before, after, edges[k], base, end);
        }
    }
}

/* All of it is memory, up to where memory or the limit ends. */
static void claim_contiguous(const struct e820_map *map, uint64_t start, uint64_t limit)
{
    uint64_t length = e820_contiguous(map, start, limit);
    uint64_t end = start + length;

    CLAIM(end >= start && (length == 0 || end <= limit));
    for (uint32_t i = 0; i < map->count && length != 0; i++) {
        uint64_t edges[] = {map->entry[i].base, end_of(map->entry[i].base, map->entry[i].length)};
        for (unsigned k = 0; k < 2; k++) {
            if (edges[k] >= start && edges[k] < end)
                CLAIM(is_memory(map, edges[k]));
        }
    }
    CLAIM(length == 0 || (is_memory(map, start) && is_memory(map, end - 1)));
    if (start < limit && end != limit && end != UINT64_MAX)
        CLAIM(!is_memory(map, end));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct e820_map map = {.count = 0}, before;
    uint64_t base = take_number(&input), length = take_number(&input);
    uint16_t kib, blocks;

    while (input.left != 0 && map.count < E820_MAX) {
        struct e820_entry entry = {take_number(&input), take_number(&input),
                                   (uint32_t)take(&input, 1) & 7, (uint32_t)take(&input, 1) & 3};
        uint32_t at = map.count++;
        for (; at > 0 && map.entry[at - 1].base > entry.base; at--)
            map.entry[at] = map.entry[at - 1];
        map.entry[at] = entry;
    }
    before = map;
    if (e820_reserve(&map, base, length))
        claim_reserved(&before, &map, base, length);
    else
        CLAIM(memcmp(&before, &map, sizeof map) == 0 && map.count > E820_MAX / 3);
    claim_contiguous(&map, base, length);
    claim_contiguous(&map, 0x100000, 0x4000000);
    CLAIM(e820_extended_kib(&map) <= 0xFC00);
    e820_e801(&map, &kib, &blocks);
    CLAIM(kib <= 0x3C00 && blocks <= 0xFF00);
    if (e820_top(&map) != 0) {
        bool found = false;
        for (uint32_t i = 0; i < map.count; i++) {
            uint64_t end = end_of(map.entry[i].base, map.entry[i].length);
            if (is_usable(&map.entry[i]) && map.entry[i].length != 0) {
                CLAIM(end <= e820_top(&map));
                found |= end == e820_top(&map);
            }
        }
        CLAIM(found);
    }
    return 0;
}
