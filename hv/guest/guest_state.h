/*
 * guest/guest_state.h: what guest/ keeps for each vCPU.
 */
#pragma once

#include <stdbool.h>

/* The keyboard controller: guest/restart.c. */
struct keyboard_state {
    bool output_byte_next; /* the last command was D1h, "write output port" */
};
