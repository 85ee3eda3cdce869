/*
 * svm/loop.c: what happens at a #VMEXIT: why it came, which handler, and how the guest goes on.
 * svm/enter.asm calls handle_exit() at each exit, and enters the guest again when it returns. It is
 * vmx/loop.c once more, with what a VMCS keeps and a VMCB does not.
 */
#include "console/end.h"
#include "cpu/cpu.h"
#include "cpu/event.h"
#include "cpu/msr.h"
#include "mem/ept.h"
#include "svm/svm.h"
#include "svm/vmcb.h"
#include "virt/guest.h"

static struct exit_handlers handlers; /* exits/table.c */

static __attribute__((cold, noinline)) _Noreturn void not_in_table(struct vcpu *vcpu)
{
    handlers.dump(vcpu);
    if ((uint32_t)vcpu->svm.vmcb->exit_code == SVM_EXIT_INVALID)
        end_stop("VMRUN refused the VMCB (VMEXIT_INVALID): the log has the guest's state");
    end_stop("exit code %lx is not one that hv16 knows", vcpu->svm.vmcb->exit_code);
}

/* The guest goes on after the instruction, as if the processor had carried it out. */
static inline __attribute__((always_inline)) void skip_instruction(struct vmcb *vmcb,
                                                                   uint64_t next_rip)
{
    vmcb->rip = next_rip;
    vmcb->shadow = 0;
    if (vmcb->rflags & (RFLAGS_TF | RFLAGS_RF)) {
        vmcb->rflags &= ~RFLAGS_RF;
        if (vmcb->rflags & RFLAGS_TF) {
            vmcb->dr6 |= DR6_BS;
            svm_inject(vmcb, VECTOR_DB, false);
        }
    }
}

/* Counts an exit and has it handled. */
static inline __attribute__((always_inline)) enum exit_action
answer(struct vcpu *vcpu, struct vmcb *vmcb, uint32_t reason)
{
    vcpu->exits[reason]++;
    vmcb->kept.exit_reason = reason;
    if (decrement_to_zero(&vcpu->countdown))
        handlers.countdown_over(vcpu);
    return handlers.by_reason[reason](vcpu);
}

/* Exits whose code alone does not tell the reason. Of an access to memory the processor does not
 * save where the instruction ends: it is not one that is intercepted as such. */
static __attribute__((noinline)) enum exit_action answer_other(struct vcpu *vcpu, struct vmcb *vmcb)
{
    uint32_t reason = svm_reason_of_others(vmcb);
    enum exit_action action;

    if (reason == EXIT_REASON_MAX)
        not_in_table(vcpu);
    if (vmcb->exit_code == SVM_EXIT_MSR && (uint32_t)vcpu->gpr[REG_RCX] == MSR_IA32_EFER)
        return svm_access_efer(vcpu, reason);
    action = answer(vcpu, vmcb, reason);
    if (action != EXIT_SKIP || reason != EXIT_REASON_EPT_VIOLATION)
        return action;
    skip_instruction(vmcb, vmcb->rip + vcpu->emulated_length);
    return EXIT_RESUME;
}

/* What only some modes have, or few exits. */
static __attribute__((noinline)) void before_entry(struct vcpu *vcpu, struct vmcb *vmcb)
{
    if ((vcpu->svm.attention & SVM_EXIT_SOON) && (vmcb->event & INTERRUPTION_VALID) == 0) {
        vmcb->exit_event = 0; /* the guest need not be entered for an exit */
        answer(vcpu, vmcb, EXIT_REASON_PREEMPTION_TIMER);
    }
    if (vcpu->svm.attention & SVM_SHADOWS_TPR)
        vmcb->virtual_interrupt = (vmcb->virtual_interrupt & ~V_TPR) | lapic_class(&vcpu->lapic);
}

static void handle_exit(struct vcpu *vcpu)
{
    struct vmcb *vmcb = vcpu->svm.vmcb;
    uint64_t code = vmcb->exit_code;
    uint32_t reason = code <= SVM_EXIT_LAST ? svm_reasons[code] : EXIT_REASON_MAX;

    if ((vmcb->event | vmcb->exit_event) & INTERRUPTION_VALID)
        svm_event_was_injected(vmcb);
    if (reason <= EXIT_REASON_NMI_WINDOW)
        svm_note_event(vcpu, vmcb);
    if (vcpu->svm.attention & SVM_SHADOWS_TPR)
        lapic_set_class(&vcpu->lapic, vmcb->virtual_interrupt & V_TPR);

    switch (reason < EXIT_REASON_MAX ? answer(vcpu, vmcb, reason) : answer_other(vcpu, vmcb)) {
    case EXIT_SKIP:
        skip_instruction(vmcb,
                         svm_features & CPUID_SVM_EDX_NRIP ? vmcb->next_rip : svm_next_rip(vmcb));
        break;
    case EXIT_RESUME:
        handlers.resumed(vcpu);
        break;
    case EXIT_STOP:
        handlers.ended(vcpu, EXIT_STOP);
    default:
        handlers.ended(vcpu, EXIT_UNHANDLED);
    }
    if (vcpu->svm.attention != 0)
        before_entry(vcpu, vmcb);
    vmcb->tlb_control = vcpu->svm.flushed != ept_flushes ? TLB_FLUSH_ALL : 0;
    vcpu->svm.flushed = ept_flushes;
}

void svm_handle_exits(const struct exit_handlers *given)
{
    handlers = *given;
}

_Noreturn void svm_loop(struct vcpu *vcpu)
{
    svm_run(vcpu, handle_exit);
}
