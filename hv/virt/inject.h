/*
 * virt/inject.h: events for the guest. The only place that injects them.
 */
#pragma once

#include "virt/exit.h"
#include <stdbool.h>
#include <stdint.h>

/* A hardware exception at the guest's current RIP: the instruction there has not happened. For
 * vectors that push an error code it is 0, and left out in real mode, as the processor does.
 * Returns EXIT_RESUME, which is what a handler answers then. */
enum exit_action inject_exception(uint8_t vector);

/* A maskable interrupt. The caller has looked that the guest can take it:
 * inject_can_interrupt(). */
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

/* Whether the exit came while an event was being delivered. */
bool inject_was_interrupted(void);

/* RFLAGS.IF is 1, STI and MOV SS do not block, and no other event is on its way. */
bool inject_can_interrupt(void);

/* The event that the exit interrupted, for a handler that goes on with it itself. */
struct interrupted_event {
    bool is_instruction; /* INT n and its like, or no event at all: RIP has still to move on */
    uint8_t vector;
    bool is_exception;
    bool is_external; /* the program has not asked for it: EXT in the error code of a fault */
    bool has_error_code;
    uint32_t error_code;
};
struct interrupted_event inject_interrupted(void);

/* A fault of segments or pages that came up while that event, if any, was delivered: if both are
 * serious, a double fault. False: the event was one already, and the guest shuts down. */
bool inject_fault(const struct interrupted_event *during, uint8_t vector, uint32_t error_code);
