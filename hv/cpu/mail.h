/*
 * cpu/mail.h: what one processor has for another.
 *
 * The sender leaves a note and sends an NMI. That exits from the guest whatever the guest has
 * masked, and so the note is read at once: by exits/exception.c. Should the NMI hit the hypervisor
 * instead, host_nmi() lets the VMX-preemption timer expire at the next entry, and
 * exits/preemption_timer.c reads the note, before another instruction of the guest.
 */
#ifndef HV16_CPU_MAIL_H
#define HV16_CPU_MAIL_H

#include "vcpu.h"

/* What may be in struct vcpu's `mail`. */
#define MAIL_FIXED 0x01u /* interrupts are posted: apic/posted.h */
#define MAIL_NMI   0x02u
#define MAIL_INIT  0x04u
#define MAIL_STARTUP                                                                               \
    0x08u /* with its vector in bits 15:8. If INIT is there too, this came later                   \
           */
#define MAIL_RESTART                0x10u /* the guest is to begin again at its boot sector: cpu 0 only */
#define MAIL_STARTUP_VECTOR(vector) ((uint32_t)(vector) << 8)

/* From now on the vCPU of the current VMCS gets its mail, and the NMIs that hit hv16. */
void mail_open(struct vcpu *vcpu);

/* For `to`, which may be the sender itself: then it is read before the guest's next instruction.
 * What does not fit in the mail any more, because of the same or something stronger, is not lost:
 * an INIT replaces a SIPI before it, two of a kind are one. */
void mail_post(struct vcpu *from, struct vcpu *to, uint32_t what);
void mail_post_fixed(struct vcpu *from, struct vcpu *to, uint8_t vector);

/* Reads the vCPU's mail, and does what it says. To be called when the guest is between two
 * instructions: it may be somewhere else then. */
void mail_read(struct vcpu *vcpu);

/* An NMI hits this vCPU's processor. True: it was sent because of mail. */
bool mail_owns_nmi(struct vcpu *vcpu);

#endif
