/*
 * apic/posted.h: interrupts that wait for a vCPU where any processor may put them.
 *
 * In every mode they are posted in the descriptor that SDM volume 3, "Posted-Interrupt Descriptor"
 * (3C 30.6), describes. Who takes them out differs: the processor, where it processes posted
 * interrupts, and otherwise the receiver's hv16, which mail tells of it (cpu/mail.h).
 */
#ifndef HV16_APIC_POSTED_H
#define HV16_APIC_POSTED_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

struct posted_descriptor {
    _Alignas(64) uint32_t requests[8]; /* a bit for each vector */
    uint32_t control;                  /* bit 0: "outstanding notification" */
    uint32_t reserved[7];
};

/* Tells the processor of the descriptor, if the mode is posted and it can. */
void posted_open(struct vcpu *vcpu);

/* Posts `vector`, 16 to 255, for `to`. False: nobody has been told, so that is the caller's. */
bool posted_request(struct vcpu *to, uint8_t vector);

/* Takes what was posted into the vCPU's local APIC. On the vCPU's own processor. */
void posted_take(struct vcpu *vcpu);

#endif
