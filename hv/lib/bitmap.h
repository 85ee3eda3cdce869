/*
 * lib/bitmap.h: a bit of a map that a processor reads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline void bitmap_set(uint8_t *map, uint32_t bit, bool on)
{
    uint8_t mask = (uint8_t)(1u << bit % 8);

    map[bit / 8] = on ? map[bit / 8] | mask : map[bit / 8] & (uint8_t)~mask;
}
