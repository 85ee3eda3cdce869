/*
 * apic/posted.h: interrupts that wait for a vCPU where any processor may put them.
 *
 * In every mode they are posted in the descriptor that SDM volume 3, "Posted-Interrupt Descriptor"
 * (3C 30.6), describes. Who takes them out differs: the processor, where it processes posted
 * interrupts, and otherwise the receiver's hv16, which a note tells of it (apic/inbox.h).
 */
#pragma once

#include "vcpu.h"

#define POSTED_NOTIFICATION 0xF2 /* the vector that tells a processor to look */

/* In the mode posted, on a processor that takes posted interrupts over by itself. */
bool posted_by_processor(void);

/* Posts `vector`, 16 to 255, for `to`. False: nobody has been told, so that is the caller's. */
bool posted_request(struct vcpu *to, uint8_t vector);

/* Takes what was posted into the vCPU's local APIC. On the vCPU's own processor. */
void posted_take(struct vcpu *vcpu);
