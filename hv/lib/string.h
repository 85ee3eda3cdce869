/*
 * lib/string.h: the four functions that gcc may call on its own, also in freestanding code.
 * They behave as C17 7.24 says.
 */
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);
