/*
 * apic/inbox.h: what one processor has for another.
 *
 * The sender leaves a note and sends an NMI. That exits from the guest whatever the guest has
 * masked, and so the note is read at once: exits/exception.c, init/read_inbox.c. Should the NMI hit
 * the hypervisor instead, the guest exits again before its next instruction, and the note is read
 * then: exits/preemption_timer.c.
 */
#pragma once

#include "vcpu.h"

/* What may be in struct inbox's `notes`. A SIPI has its vector in bits 15:8; where there is an INIT
 * as well, the SIPI came after it. NOTE_RESTART is for cpu 0 only: the guest is to begin again at
 * its boot sector. */
#define NOTE_POSTED                 0x01u /* interrupts: apic/posted.h */
#define NOTE_NMI                    0x02u
#define NOTE_INIT                   0x04u
#define NOTE_STARTUP                0x08u
#define NOTE_RESTART                0x10u
#define NOTE_STARTUP_VECTOR(vector) ((uint32_t)(vector) << 8)

/* For `to`, which may be the sender itself: then it is read before the guest's next instruction.
 * What does not fit any more, because of the same or something stronger, is not lost: an INIT
 * replaces a SIPI before it, two of a kind are one. */
void inbox_post(struct vcpu *from, struct vcpu *to, uint32_t note);

/* A fixed interrupt, vectors 16 to 255. */
void inbox_post_fixed(struct vcpu *from, struct vcpu *to, uint8_t vector);

/* An NMI hits this vCPU's processor. True: it was sent because of a note. */
bool inbox_owns_nmi(struct vcpu *vcpu);
