/*
 * quirks_state.h: what quirks.c keeps for each vCPU.
 */
#ifndef HV16_QUIRKS_STATE_H
#define HV16_QUIRKS_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct quirks_state {
    uint64_t init_exits; /* at the last INIT or SIPI: how many exits there were, ... */
    uint64_t init_rip;   /* ... and where the guest was */
    bool smis_stay_blocked;
};

#endif
