/*
 * apic/apic_state.h: what apic/ keeps for each vCPU beside the model of its local APIC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define EXTINT_MAX 16 /* the 8259 acknowledges each of its inputs once at a time */

/* Interrupts of the machine on their way to the guest: apic/external.c. */
struct external_state {
    uint8_t extint[EXTINT_MAX]; /* acknowledged vectors of the 8259 that wait for the guest */
    uint32_t extint_count;
    bool left;   /* they do not exit now: they are left to the machine */
    bool window; /* the guest exits when it can take one: apic/deliver.c */
};

/* Fixed interrupts that any processor may put here: apic/posted.c. The layout is the processor's:
 * SDM volume 3, "Posted-Interrupt Descriptor" (3C 30.6). */
struct posted_descriptor {
    _Alignas(64) uint32_t requests[8]; /* a bit for each vector */
    uint32_t control;                  /* bit 0: "outstanding notification" */
    uint32_t reserved[7];
};

/* What other processors have for this one: apic/inbox.c. Both are changed atomically. */
struct inbox {
    uint32_t notes; /* NOTE_... bits */
    uint32_t nmis;  /* sent because of notes, and not come yet */
};
