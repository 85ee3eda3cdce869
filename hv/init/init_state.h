/*
 * init/init_state.h: what init/ keeps for each vCPU.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct init_state {
    bool waits_for_sipi;   /* after INIT: it sleeps, and only a SIPI starts it */
    uint32_t inits, sipis; /* how many it has got, and acted upon */
};
