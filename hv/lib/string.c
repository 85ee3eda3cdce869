/*
 * lib/string.c: the four functions that gcc may call on its own, also in freestanding code.
 *
 * Written as C loops, gcc would recognize the first three and replace each body by a call of
 * itself. The string instructions are shorter anyway; they count upwards, because the ABI and
 * every VM exit leave the direction flag clear.
 */
#include "lib/string.h"
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *target = to;
    const uint8_t *source = from;

    /* Upwards is right unless the target starts inside the source: then the difference, as an
     * unsigned number, is smaller than the size. */
    if ((uintptr_t)target - (uintptr_t)source >= size)
        return memcpy(to, from, size);
    while (size-- > 0) {
        target[size] = source[size];
        __asm__ volatile("" : : : "memory"); /* keeps gcc from making this loop a memmove() */
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const uint8_t *a = left;
    const uint8_t *b = right;

    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i])
            return a[i] - b[i];
    }
    return 0;
}
