/*
 * vmx/inject.c: see inject.h.
 * Source: SDM volume 3, "VM-Entry Controls for Event Injection" (3C 25.8.3), "Information for VM
 * Exits That Occur During Event Delivery" (25.9.3).
 */
#include "vmx/inject.h"
#include "cpu/cpu.h"
#include "vmx/vmcs.h"

/* #DF, #TS, #NP, #SS, #GP, #PF, #AC: SDM volume 3, "Error Code" (3A 6.13). */
#define HAS_ERROR_CODE (1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17)

void inject_nothing(void)
{
    vmcs_write(VMCS_VM_ENTRY_INTERRUPTION_INFO, 0);
}

void inject_exception(uint8_t vector)
{
    uint32_t info = INTERRUPTION_VALID | INTERRUPTION_TYPE_EXCEPTION | vector;

    if ((HAS_ERROR_CODE >> vector & 1) && (vmcs_read(VMCS_GUEST_CR0) & CR0_PE)) {
        info |= INTERRUPTION_ERROR_CODE;
        vmcs_write(VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE, 0);
    }
    vmcs_write(VMCS_VM_ENTRY_INTERRUPTION_INFO, info);
}

void inject_interrupt(uint8_t vector)
{
    vmcs_write(VMCS_VM_ENTRY_INTERRUPTION_INFO,
               INTERRUPTION_VALID | INTERRUPTION_TYPE_EXTERNAL | vector);
}

bool inject_nmi(void)
{
    uint64_t blocked = INTERRUPTIBILITY_NMI | INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS;

    if (inject_is_pending() || (vmcs_read(VMCS_IDT_VECTORING_INFO) & INTERRUPTION_VALID) ||
        (vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & blocked))
        return false;
    vmcs_write(VMCS_VM_ENTRY_INTERRUPTION_INFO, INTERRUPTION_VALID | INTERRUPTION_TYPE_NMI | 2);
    return true;
}

bool inject_last_was_nmi(void)
{
    return (vmcs_read(VMCS_VM_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_TYPE) ==
           INTERRUPTION_TYPE_NMI;
}

/* Delivers what one of the exit's interruption fields and its error code say. */
static void inject_again(uint32_t info, uint32_t error_code_field)
{
    uint32_t type = info & INTERRUPTION_TYPE;

    /* There are no error codes in real mode, though Bochs 2.7 reports them. */
    if ((vmcs_read(VMCS_GUEST_CR0) & CR0_PE) == 0)
        info &= ~INTERRUPTION_ERROR_CODE;
    if (info & INTERRUPTION_ERROR_CODE)
        vmcs_write(VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE, vmcs_read(error_code_field));
    if (type == INTERRUPTION_TYPE_SOFT_INT || type == INTERRUPTION_TYPE_PRIV_SOFT ||
        type == INTERRUPTION_TYPE_SOFT_EXC)
        vmcs_write(VMCS_VM_ENTRY_INSTRUCTION_LENGTH, vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH));
    /* An NMI that is delivered again must not find NMIs blocked by its first delivery. */
    if (type == INTERRUPTION_TYPE_NMI)
        vmcs_clear(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
    vmcs_write(VMCS_VM_ENTRY_INTERRUPTION_INFO, info & ~INTERRUPTION_NMI_UNBLOCKED);
}

void inject_interrupted_event(void)
{
    uint32_t info = (uint32_t)vmcs_read_proven(VMCS_IDT_VECTORING_INFO);

    if (info & INTERRUPTION_VALID)
        inject_again(info, VMCS_IDT_VECTORING_ERROR_CODE);
}

void inject_intercepted_exception(void)
{
    inject_again((uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO),
                 VMCS_EXIT_INTERRUPTION_ERROR_CODE);
}

bool inject_is_pending(void)
{
    return (vmcs_read(VMCS_VM_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID) != 0;
}

void inject_no_step_trap(void)
{
    uint64_t shadow = INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS;

    if ((vmcs_read_proven(VMCS_GUEST_PENDING_DEBUG) & PENDING_DEBUG_BS) &&
        (vmcs_read_proven(VMCS_GUEST_INTERRUPTIBILITY) & shadow) == 0)
        vmcs_clear(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
}
