/*
 * vmx/inject.h: events for the guest. The only place that writes the VM-entry interruption fields.
 */
#ifndef HV16_VMX_INJECT_H
#define HV16_VMX_INJECT_H

#include "vcpu.h"

#define VECTOR_DB 1
#define VECTOR_UD 6
#define VECTOR_GP 13
#define VECTOR_PF 14

/* No event with the next entry. */
void inject_nothing(void);

/* A hardware exception at the guest's current RIP: the instruction there has not happened. For
 * vectors that push an error code it is 0, and left out in real mode, as the processor does. */
void inject_exception(uint8_t vector);

/* A maskable interrupt. The caller has looked that the guest can take it:
 * apic_guest_is_interruptible(). */
void inject_interrupt(uint8_t vector);

/* An NMI, unless another event is on its way or NMIs are blocked. Returns whether it was taken. */
bool inject_nmi(void);
/* After an exit: whether the entry before it delivered an NMI. Only the field's valid bit is
 * cleared by the exit. Source: SDM volume 3, "Recording VM-Exit Information" (3C 28.2). */
bool inject_last_was_nmi(void);

/* If this exit interrupted the delivery of an event, deliver it again with the next entry. */
void inject_interrupted_event(void);

/* The guest gets the exception that caused this exit, as if it had not exited. */
void inject_intercepted_exception(void);

/* Whether the next entry delivers an event. */
bool inject_is_pending(void);

/*
 * The instruction that exited is to be executed again, so the trap of a guest that single-steps is
 * not due yet. Bochs 2.7 saves it as pending; no processor should. Source: SDM volume 3, "Pending
 * Debug Exceptions" in "Guest Non-Register State" (3C 25.4.2).
 */
void inject_no_step_trap(void);

#endif
