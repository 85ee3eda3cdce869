/*
 * apic/inbox.h: what one processor has for another.
 *
 * The sender leaves a note and sends an NMI. That exits from the guest whatever the guest has
 * masked, and so the note is read at once: exits/exception.c, init/read_inbox.c. Should the NMI hit
 * the hypervisor instead, the guest exits again before its next instruction, and the note is read
 * then: exits/preemption_timer.c.
 *
 * Interrupts are posted, in every mode, in the descriptor that SDM volume 3, "Posted-Interrupt
 * Descriptor" (3C 30.6), describes. Who takes them out differs: the processor, where it processes
 * posted interrupts, and otherwise the receiver's hv16, which a note tells of it.
 */
#pragma once

#include "vcpu.h"

/* What may be in struct inbox's `notes`. A SIPI has its vector in bits 15:8; where there is an INIT
 * as well, the SIPI came after it. NOTE_RESTART is for cpu 0 only: the guest is to begin again at
 * its boot sector. */
#define NOTE_POSTED                 0x01u /* interrupts have been posted */
#define NOTE_NMI                    0x02u
#define NOTE_INIT                   0x04u
#define NOTE_STARTUP                0x08u
#define NOTE_RESTART                0x10u
#define NOTE_CHANGED                0x20u /* EPT, or which ports exit: inbox_catch_up() */
#define NOTE_STARTUP_VECTOR(vector) ((uint32_t)(vector) << 8)

/* For `to`, which may be the sender itself: then it is read before the guest's next instruction.
 * What does not fit any more, because of the same or something stronger, is not lost: an INIT
 * replaces a SIPI before it, two of a kind are one. */
void inbox_post(struct vcpu *from, struct vcpu *to, uint32_t note);
/* For all others. */
void inbox_post_others(struct vcpu *from, uint32_t note);

/* An NMI hits this vCPU's processor. True: it was sent because of a note. */
bool inbox_owns_nmi(struct vcpu *vcpu);

/* --- posted.c --- */

#define POSTED_NOTIFICATION 0xF2 /* the vector that tells a processor to look */

/* In the mode posted, on a processor that takes posted interrupts over by itself. */
bool posted_by_processor(void);

/* Posts a fixed interrupt, vectors 16 to 255. */
void posted_request(struct vcpu *from, struct vcpu *to, uint8_t vector);

/* Takes what was posted into the vCPU's local APIC. On the vCPU's own processor. */
void posted_take(struct vcpu *vcpu);
