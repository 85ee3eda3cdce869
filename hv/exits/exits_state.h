/*
 * exits/exits_state.h: what exits/ keeps for each vCPU.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What runs against the decoy page, and the guest's own state meanwhile: exits/hidden.c. */
enum step {
    STEP_NONE,
    STEP_INSTRUCTION, /* one instruction, ended by a #DB */
    STEP_EVENT,       /* the delivery of one event, ended before the next instruction */
};

struct hidden_state {
    enum step step;
    uint64_t rflags; /* before STEP_INSTRUCTION: the guest's own TF and IF, ... */
    uint64_t rip;    /* ... the instruction, ... */
    bool sti;        /* ... and whether it comes right after STI */
    uint64_t reads, writes;
};

/* exits/init_signal.c */
struct init_signal_state {
    uint32_t in_a_row; /* INIT exits, with no instruction of the guest in between */
};
