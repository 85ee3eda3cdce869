/*
 * model/e820.h: the memory map, as the BIOS tells it and as the guest is told it. Pure logic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define E820_MAX      48
#define E820_USABLE   1 /* types as in the ACPI specification, "INT 15H, E820H" */
#define E820_RESERVED 2

/* One entry in the 24-byte form that INT 15h AX=E820h stores. */
struct e820_entry {
    uint64_t base;
    uint64_t length;
    uint32_t type;
    uint32_t attributes; /* ACPI 3.0 extended attributes; 1 when the BIOS gave 20 bytes */
};

struct e820_map {
    uint32_t count;
    uint32_t unused;
    struct e820_entry entry[E820_MAX];
};

/*
 * Turns [base, base + length) into reserved memory wherever the map calls it usable, splitting
 * entries. The map must be sorted by base and stays so. Neighbours of equal kind are merged.
 * Returns false, leaving the map as it was, when the result would need more than E820_MAX entries.
 */
bool e820_reserve(struct e820_map *map, uint64_t base, uint64_t length);

/* Bytes of usable memory that run without a gap from `start`, at most up to the address `limit`. */
uint64_t e820_contiguous(const struct e820_map *map, uint64_t start, uint64_t limit);

/* INT 15h AH=88h: KiB from 1 MiB upwards, at most FC00h (64 MiB is what 16 bits can say). */
uint16_t e820_extended_kib(const struct e820_map *map);

/* INT 15h AX=E801h: KiB between 1 and 16 MiB (at most 3C00h), and 64 KiB units above 16 MiB. */
void e820_e801(const struct e820_map *map, uint16_t *kib, uint16_t *blocks);

/* The end of the highest usable entry, or 0 for an empty map. */
uint64_t e820_top(const struct e820_map *map);
