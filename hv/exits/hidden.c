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
#include "cpu/x86.h"
#include "exits/exits.h"
#include "mem/ept.h"
#include "virt/guest.h"
#include "virt/inject.h"
#include "virt/nmi.h"
#include "virt/virt.h"

static void count_and_log(struct vcpu *vcpu, const struct exit_memory *access)
{
    struct hidden_state *hidden = &vcpu->hidden;
    uint64_t total;

    if (access->write)
        hidden->writes++;
    else
        hidden->reads++;
    total = hidden->reads + hidden->writes;
    if (log_is_due(total))
        log_warn("hidden memory: the guest %s %lx, at %lx:%lx (%lu reads, %lu writes so far)",
                 access->write ? "writes" : "reads", access->address, guest_read(GUEST_CS_SELECTOR),
                 guest_read(GUEST_RIP), hidden->reads, hidden->writes);
}

/*
 * Single-steps one instruction. Nothing may come in between: an interrupt would take the borrowed
 * TF into its stack frame, and the guest would never again be rid of it. So interrupts and NMIs are
 * held back, and exceptions exit.
 */
static void step_instruction(struct vcpu *vcpu)
{
    uint64_t blocking = guest_read(GUEST_INTERRUPTIBILITY);
    uint64_t rflags = guest_read(GUEST_RFLAGS);

    vcpu->hidden.step = STEP_INSTRUCTION;
    vcpu->hidden.rflags = rflags;
    vcpu->hidden.rip = guest_read(GUEST_RIP);
    vcpu->hidden.sti = (blocking & BLOCKING_STI) != 0;
    virt->set_control(EXCEPTION_EXITING, true);
    guest_write(GUEST_RFLAGS, (rflags | RFLAGS_TF) & ~RFLAGS_IF);
    guest_clear(GUEST_INTERRUPTIBILITY, BLOCKING_STI); /* it would need IF */
    nmi_hold(vcpu, true);
    /* With TF and a MOV SS shadow, VM entry wants the trap to be pending already. */
    if (blocking & BLOCKING_MOV_SS)
        guest_set(GUEST_PENDING_DEBUG, DR6_BS);
}

static void step_instruction_end(struct vcpu *vcpu)
{
    uint64_t rflags = vcpu->hidden.rflags;

    virt->set_control(EXCEPTION_EXITING, false);
    nmi_hold(vcpu, false);
    if (rflags & RFLAGS_IF)
        guest_set(GUEST_RFLAGS, RFLAGS_IF);
    if (vcpu->hidden.sti && guest_read(GUEST_RIP) == vcpu->hidden.rip)
        guest_set(GUEST_INTERRUPTIBILITY, BLOCKING_STI); /* it begins again */
    if ((rflags & RFLAGS_TF) == 0) {
        guest_clear(GUEST_RFLAGS, RFLAGS_TF);
        guest_clear(GUEST_PENDING_DEBUG, DR6_BS);
    }
}

/*
 * An event on its way to a stack in the block is delivered by this entry, with no trap at its end.
 * So the guest exits after it, before the handler's first instruction.
 */
static void step_event(struct hidden_state *hidden)
{
    hidden->step = STEP_EVENT;
    virt->exit_soon(true);
}

enum exit_action hidden_access(struct vcpu *vcpu, const struct exit_memory *access)
{
    count_and_log(vcpu, access);
    if (access->fetch)
        return inject_exception(VECTOR_UD); /* FFh FFh is no instruction */
    ept_decoy(true);
    vcpu->countdown = 1; /* the next exit ends the step, whatever it is */
    if (inject_is_pending())
        step_event(&vcpu->hidden);
    else
        step_instruction(vcpu);
    return EXIT_RESUME;
}

void hidden_step_end(struct vcpu *vcpu)
{
    ept_decoy(false);
    if (vcpu->hidden.step == STEP_INSTRUCTION)
        step_instruction_end(vcpu);
    else if (vcpu->inbox.notes == 0) /* else the early exit is for these as well */
        virt->exit_soon(false);
    vcpu->hidden.step = STEP_NONE;
}
