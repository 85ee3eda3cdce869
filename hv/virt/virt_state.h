/*
 * virt/virt_state.h: what virt/ keeps for each vCPU.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The guest's NMI: virt/nmi.c. */
struct nmi_state {
    bool pending; /* one has come and is still to reach the guest */
    bool sent;    /* it goes with the next entry, if no handler prefers another event */
    bool got;     /* since INIT one has been sent: it may be what blocks the next */
    bool held;    /* none goes, and the window stays shut */
};

/* The last exit that was resumed without skipping an instruction: virt/repeat.c. */
struct repeat_state {
    uint64_t rip, cs_base, rcx, cr0_shadow, address;
    uint32_t count;
};
