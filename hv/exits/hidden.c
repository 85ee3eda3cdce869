/*
 * exits/hidden.c: the guest touches the hypervisor's block. It reads all ones, its writes are
 * dropped, and it runs on.
 *
 * Instead of emulating whatever instruction it was, hv16 lets the processor execute it: for the
 * length of one instruction, found by single-stepping, the block is mapped to a decoy page full
 * of ones. That is right for every instruction there is, at the price of two exits.
 * Source: SDM volume 3, "Single-Step Exception Condition" (3B 17.3.1.4).
 */
#include "console/log.h"
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "mem/ept.h"
#include "vmx/capabilities.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define ALL_EXCEPTIONS  0xFFFFFFFFu
#define LOGGED_ACCESSES 8 /* then only each power of two: a guest may do this a million times */

static void count_and_log(struct vcpu *vcpu, uint64_t address, uint64_t qualification)
{
    bool write = (qualification & EPT_VIOLATION_WRITE) != 0;
    uint64_t total;

    if (write)
        vcpu->hidden_writes++;
    else
        vcpu->hidden_reads++;
    total = vcpu->hidden_reads + vcpu->hidden_writes;
    if (total <= LOGGED_ACCESSES || (total & (total - 1)) == 0)
        log_warn("hidden memory: the guest %s %lx, at %lx:%lx (%lu reads, %lu writes so far)",
                 write ? "writes" : "reads", address, vmcs_read(VMCS_GUEST_CS_SELECTOR),
                 vmcs_read(VMCS_GUEST_RIP), vcpu->hidden_reads, vcpu->hidden_writes);
}

/*
 * Single-steps one instruction. Nothing may come in between: an interrupt would take the borrowed
 * TF into its stack frame, and the guest would never again be rid of it. So interrupts and NMIs are
 * held back, and exceptions exit.
 */
static void step_instruction(struct vcpu *vcpu)
{
    uint64_t interruptibility = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

    vcpu->step = STEP_INSTRUCTION;
    vcpu->step_rflags = vmcs_read(VMCS_GUEST_RFLAGS);
    vcpu->step_nmi_blocked = (interruptibility & INTERRUPTIBILITY_NMI) != 0;
    vmcs_write(VMCS_EXCEPTION_BITMAP, ALL_EXCEPTIONS);
    vmcs_write(VMCS_GUEST_RFLAGS, (vcpu->step_rflags | RFLAGS_TF) & ~RFLAGS_IF);
    interruptibility &= ~(uint64_t)INTERRUPTIBILITY_STI; /* it would need IF */
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, interruptibility | INTERRUPTIBILITY_NMI);
    /* With TF and a MOV SS shadow, VM entry wants the trap to be pending already. */
    if (interruptibility & INTERRUPTIBILITY_MOV_SS)
        vmcs_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
}

static void step_instruction_end(const struct vcpu *vcpu)
{
    vmcs_write(VMCS_EXCEPTION_BITMAP, 0);
    if (vcpu->step_rflags & RFLAGS_IF)
        vmcs_set(VMCS_GUEST_RFLAGS, RFLAGS_IF);
    if (!vcpu->step_nmi_blocked)
        vmcs_clear(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
    if ((vcpu->step_rflags & RFLAGS_TF) == 0) {
        vmcs_clear(VMCS_GUEST_RFLAGS, RFLAGS_TF);
        vmcs_clear(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
    }
}

/*
 * An event on its way to a stack in the block is delivered by this entry, with no trap at its end.
 * A preemption timer of 0 exits behind it, before the handler's first instruction. On a processor
 * without that timer the decoy is there until the next exit, whatever it is.
 */
static void step_event(struct vcpu *vcpu)
{
    vcpu->step = STEP_EVENT;
    if (vmx_capabilities.pin >> 32 & PIN_PREEMPTION_TIMER)
        exit_before_next_instruction();
}

enum exit_action hidden_access(struct vcpu *vcpu, uint64_t address, uint64_t qualification)
{
    count_and_log(vcpu, address, qualification);
    if (qualification & EPT_VIOLATION_FETCH) {
        inject_exception(VECTOR_UD); /* FFh FFh is no instruction */
        return EXIT_RESUME;
    }
    ept_decoy_show();
    vcpu->chores_in = 1; /* the next exit ends the step, whatever it is */
    if (inject_is_pending())
        step_event(vcpu);
    else
        step_instruction(vcpu);
    return EXIT_RESUME;
}

void hidden_step_end(struct vcpu *vcpu)
{
    ept_decoy_hide();
    if (vcpu->step == STEP_INSTRUCTION)
        step_instruction_end(vcpu);
    else if (vcpu->mail == 0) /* else it goes on with that */
        exit_no_more_before_next_instruction();
    vcpu->step = STEP_NONE;
}
