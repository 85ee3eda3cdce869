/*
 * lib/lock.h: one processor at a time. Never taken in an NMI, which may hit the one that has it.
 */
#pragma once

#include <stdbool.h>

/* True: it is taken now, by the caller. For whoever has something to do while he waits. */
static inline bool try_lock(bool *taken)
{
    return !__atomic_test_and_set(taken, __ATOMIC_ACQUIRE);
}

static inline void lock(bool *taken)
{
    while (!try_lock(taken))
        __asm__ volatile("pause");
}

static inline void unlock(bool *taken)
{
    __atomic_clear(taken, __ATOMIC_RELEASE);
}
