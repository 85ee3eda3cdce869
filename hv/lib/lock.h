/*
 * lib/lock.h: one processor at a time. Never taken in an NMI, which may hit the one that has it.
 */
#pragma once

#include <stdbool.h>

static inline void lock(bool *taken)
{
    while (__atomic_test_and_set(taken, __ATOMIC_ACQUIRE))
        __asm__ volatile("pause");
}

static inline void unlock(bool *taken)
{
    __atomic_clear(taken, __ATOMIC_RELEASE);
}
