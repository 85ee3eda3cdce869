/*
 * exits/table.c: which function handles which exit reason.
 */
#include "console/end.h"
#include "console/log.h"
#include "exits/exits.h"
#include "virt/guest.h"
#include "virt/repeat.h"

static void exit_ended(struct vcpu *vcpu, enum exit_action action) __attribute__((noreturn));

const struct exit_handlers exit_handlers = {
    .countdown_over = exit_countdown_over,
    .resumed = repeat_check,
    .ended = exit_ended,
    .dump = guest_dump,
    .by_reason =
        {
            [0 ... EXIT_REASON_MAX - 1] = exit_unexpected,
            [EXIT_REASON_EXCEPTION_OR_NMI] = exit_exception,
            [EXIT_REASON_EXTERNAL_INTERRUPT] = exit_external_interrupt,
            [EXIT_REASON_TRIPLE_FAULT] = exit_triple_fault,
            [EXIT_REASON_INIT] = exit_init_signal,
            [EXIT_REASON_SIPI] = exit_sipi,
            [EXIT_REASON_INTERRUPT_WINDOW] = exit_interrupt_window,
            [EXIT_REASON_NMI_WINDOW] = exit_nmi_window,
            [EXIT_REASON_TASK_SWITCH] = exit_task_switch,
            [EXIT_REASON_CPUID] = exit_cpuid,
            [EXIT_REASON_GETSEC] = exit_vmx_instruction,
            [EXIT_REASON_HLT] = exit_hlt,
            [EXIT_REASON_INVD] = exit_invd,
            [EXIT_REASON_VMCALL] = exit_vmcall,
            [EXIT_REASON_VMCLEAR... EXIT_REASON_VMXON] = exit_vmx_instruction,
            [EXIT_REASON_CR_ACCESS] = exit_cr_access,
            [EXIT_REASON_IO] = exit_io,
            [EXIT_REASON_RDMSR] = exit_rdmsr,
            [EXIT_REASON_WRMSR] = exit_wrmsr,
            [EXIT_REASON_TPR_THRESHOLD] = exit_tpr_threshold,
            [EXIT_REASON_APIC_ACCESS] = exit_apic_access,
            [EXIT_REASON_VIRTUALIZED_EOI] = exit_virtualized_eoi,
            [EXIT_REASON_EPT_VIOLATION] = exit_ept_violation,
            [EXIT_REASON_EPT_MISCONFIGURATION] = exit_ept_misconfiguration,
            [EXIT_REASON_INVEPT] = exit_vmx_instruction,
            [EXIT_REASON_PREEMPTION_TIMER] = exit_preemption_timer,
            [EXIT_REASON_INVVPID] = exit_vmx_instruction,
            [EXIT_REASON_XSETBV] = exit_xsetbv,
            [EXIT_REASON_APIC_WRITE] = exit_apic_write,
        },
};

/* No control that hv16 sets causes this one. If it comes, a control is not what we think. */
enum exit_action exit_unexpected(struct vcpu *vcpu)
{
    uint32_t reason = (uint32_t)guest_read(EXIT_REASON);

    (void)vcpu;
    log_error("nothing handles exit reason %u (%s): it has no entry in exits/table.c", reason,
              exit_reason_name(reason));
    return EXIT_UNHANDLED;
}

static _Noreturn void exit_ended(struct vcpu *vcpu, enum exit_action action)
{
    uint32_t reason = (uint32_t)guest_read(EXIT_REASON);

    if (action == EXIT_STOP)
        end_guest((uint8_t)vcpu->gpr[REG_RCX]);
    guest_dump(vcpu);
    end_stop("cannot handle exit %u (%s) at %lx:%lx: the log has the guest's state", reason,
             exit_reason_name(reason), guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP));
}
