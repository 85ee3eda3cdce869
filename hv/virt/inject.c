/*
 * virt/inject.c: one file for both vendors, for the formats are the same.
 * Source: SDM volume 3, "VM-Entry Controls for Event Injection" (3C 25.8.3), "Information for VM
 * Exits That Occur During Event Delivery" (25.9.3).
 */
#include "virt/inject.h"
#include "cpu/event.h"
#include "cpu/x86.h"
#include "quirks.h"
#include "virt/guest.h"

/* The frame of a fault has RF = 1, so that IRET gets past a breakpoint on the instruction. An event
 * that an entry injects has RFLAGS in its frame as they are. SDM volume 3, "Instruction-Breakpoint
 * Exception Condition" (3B 17.3.1.1), "Vectored-Event Injection" (3C 27.6.1). */
enum exit_action inject_exception(uint8_t vector)
{
    uint32_t info = INTERRUPTION_VALID | INTERRUPTION_TYPE_EXCEPTION | vector;

    if ((VECTORS_WITH_ERROR_CODE >> vector & 1) && (guest_read(GUEST_CR0) & CR0_PE)) {
        info |= INTERRUPTION_ERROR_CODE;
        guest_write(EVENT_INJECTED_ERROR, 0);
    }
    if (vector != VECTOR_DB) /* a trap, here */
        guest_set(GUEST_RFLAGS, RFLAGS_RF);
    guest_write(EVENT_INJECTED, info);
    return EXIT_RESUME;
}

void inject_interrupt(uint8_t vector)
{
    guest_write(EVENT_INJECTED, INTERRUPTION_VALID | INTERRUPTION_TYPE_EXTERNAL | vector);
}

bool inject_nmi(void)
{
    uint32_t blocked = BLOCKING_NMI | BLOCKING_STI | BLOCKING_MOV_SS;

    if (inject_is_pending() || inject_was_interrupted() ||
        (guest_read(GUEST_INTERRUPTIBILITY) & blocked) != 0)
        return false;
    guest_write(EVENT_INJECTED, INTERRUPTION_VALID | INTERRUPTION_TYPE_NMI | VECTOR_NMI);
    return true;
}

bool inject_last_was_nmi(void)
{
    return (guest_read(EVENT_INJECTED) & INTERRUPTION_TYPE) == INTERRUPTION_TYPE_NMI;
}

/* Delivers what one of the exit's interruption fields and its error code say. */
static void inject_again(enum guest_field event, enum guest_field error_code)
{
    uint32_t info = quirk_error_code_in_real_mode((uint32_t)guest_read(event));
    uint32_t type = info & INTERRUPTION_TYPE;

    if (info & INTERRUPTION_ERROR_CODE)
        guest_write(EVENT_INJECTED_ERROR, guest_read(error_code));
    if (type == INTERRUPTION_TYPE_SOFT_INT || type == INTERRUPTION_TYPE_PRIV_SOFT ||
        type == INTERRUPTION_TYPE_SOFT_EXC)
        guest_write(EVENT_INJECTED_LENGTH, guest_read(EXIT_LENGTH));
    /* An NMI that is delivered again must not find NMIs blocked by its first delivery. */
    if (type == INTERRUPTION_TYPE_NMI)
        guest_clear(GUEST_INTERRUPTIBILITY, BLOCKING_NMI);
    guest_write(EVENT_INJECTED, info & ~INTERRUPTION_NMI_UNBLOCKED);
}

void inject_interrupted_event(void)
{
    if (inject_was_interrupted())
        inject_again(EVENT_INTERRUPTED, EVENT_INTERRUPTED_ERROR);
}

void inject_intercepted_exception(void)
{
    inject_again(EVENT_EXITED, EVENT_EXITED_ERROR);
}

bool inject_is_pending(void)
{
    return (guest_read(EVENT_INJECTED) & INTERRUPTION_VALID) != 0;
}

bool inject_was_interrupted(void)
{
    return (guest_read(EVENT_INTERRUPTED) & INTERRUPTION_VALID) != 0;
}

bool inject_can_interrupt(void)
{
    return (guest_read(GUEST_RFLAGS) & RFLAGS_IF) != 0 &&
           (guest_read(GUEST_INTERRUPTIBILITY) & (BLOCKING_STI | BLOCKING_MOV_SS)) == 0 &&
           !inject_is_pending();
}

struct interrupted_event inject_interrupted(void)
{
    uint32_t info = (uint32_t)guest_read(EVENT_INTERRUPTED), type = info & INTERRUPTION_TYPE;
    bool software = type == INTERRUPTION_TYPE_SOFT_INT || type == INTERRUPTION_TYPE_SOFT_EXC;

    if (!(info & INTERRUPTION_VALID))
        return (struct interrupted_event){.is_instruction = true};
    return (struct interrupted_event){
        .is_instruction = software || type == INTERRUPTION_TYPE_PRIV_SOFT,
        .vector = (uint8_t)(info & INTERRUPTION_VECTOR),
        .is_exception = type == INTERRUPTION_TYPE_EXCEPTION,
        .is_external = !software,
        .has_error_code = (info & INTERRUPTION_ERROR_CODE) != 0,
        .error_code = (uint32_t)guest_read(EVENT_INTERRUPTED_ERROR),
    };
}

/* SDM volume 3, "Interrupt 8—Double Fault Exception (#DF)" (3A 6.15), table 6-5. The second fault
 * is contributory or #PF. */
bool inject_fault(const struct interrupted_event *during, uint8_t vector, uint32_t error_code)
{
    if (during->is_exception && during->vector == VECTOR_DF)
        return false;
    if (during->is_exception &&
        (during->vector == VECTOR_PF ||
         (vector != VECTOR_PF && (CONTRIBUTORY_VECTORS >> during->vector & 1)))) {
        vector = VECTOR_DF;
        error_code = 0;
    }
    inject_exception(vector);
    guest_write(EVENT_INJECTED_ERROR, error_code);
    return true;
}
