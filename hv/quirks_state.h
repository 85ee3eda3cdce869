/*
 * quirks_state.h: what quirks.c keeps for each vCPU.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Bochs 3.0 refuses an entry whose posted-interrupt descriptor does not lie at the beginning of a
 * page. Rule: a multiple of 64 bytes will do. SDM volume 3, "VM-Execution Control Fields"
 * (3C 27.2.1.1). */
#define QUIRK_POSTED_ALIGNMENT 4096

struct quirks_state {
    uint64_t init_exits; /* at the last INIT or SIPI: how many exits there were, ... */
    uint64_t init_rip;   /* ... and where the guest was */
    uint64_t hlt_exits;  /* how many exits there were when it fell asleep, interrupts off, ... */
    uint64_t hlt_rip;    /* ... and where it goes on */
    bool smis_stay_blocked;
};
