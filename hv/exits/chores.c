/*
 * exits/chores.c: work that not every exit has to pay for.
 */
#include "console/log.h"
#include "console/screen.h"
#include "exits/exits.h"
#include "machine.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define CHORES_AT_MOST 4096 /* exits between two looks at the status line */

/* The status line follows each of the first exits, and later every eighth of their number. */
static uint32_t next_chores(const struct vcpu *vcpu)
{
    uint64_t since_start = vcpu_exits_total(vcpu) - vcpu->chores_from;

    if (machine.options.trace_exits || vcpu->step != STEP_NONE || vcpu->nmi_pending ||
        vcpu->nmi_sent || vcpu->smi_sticks)
        return 1;
    return since_start / 8 < CHORES_AT_MOST ? (uint32_t)(since_start / 8) + 1 : CHORES_AT_MOST;
}

static void trace(const struct vcpu *vcpu, uint32_t reason)
{
    log_info("cpu %u: exit %u (%s) at %lx:%lx qualification %lx", vcpu->id, reason,
             exit_reason_name(reason), vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP),
             vmcs_read(VMCS_EXIT_QUALIFICATION));
}

/* Where NMIs exit, the processor can say when the guest takes the next one: exit reason 8. */
static void ask_for_nmi_window(bool wanted)
{
    if (wanted)
        vmcs_set(VMCS_PRIMARY_PROC_CONTROLS, PROC_NMI_WINDOW_EXITING);
    else
        vmcs_clear(VMCS_PRIMARY_PROC_CONTROLS, PROC_NMI_WINDOW_EXITING);
}

void exit_offer_nmi(struct vcpu *vcpu)
{
    if (vcpu->nmi_pending && inject_nmi()) {
        vcpu->nmi_pending = false;
        vcpu->nmi_sent = true;
    }
    if (machine.cpus > 1)
        ask_for_nmi_window(vcpu->nmi_pending);
    vcpu->chores_in = 1;
}

/* A handler may have injected an exception over it, and an exception cannot wait: the NMI can. */
static void follow_nmi(struct vcpu *vcpu)
{
    if (vcpu->nmi_sent && !inject_last_was_nmi())
        vcpu->nmi_pending = true;
    vcpu->nmi_sent = false;
    if (vcpu->nmi_pending)
        exit_offer_nmi(vcpu);
}

void exit_chores(struct vcpu *vcpu)
{
    uint32_t reason = (uint32_t)vmcs_read(VMCS_EXIT_REASON);

    /* Exceptions are for exits/exception.c; any other exit ends the step as well. */
    if (vcpu->step != STEP_NONE && reason != EXIT_REASON_EXCEPTION_OR_NMI)
        hidden_step_end(vcpu);
    follow_nmi(vcpu);
    if (vcpu->smi_sticks)
        vmcs_clear(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_SMI);
    if (machine.options.trace_exits)
        trace(vcpu, reason);
    if (machine.options.status_line && vcpu->id == 0)
        screen_status_draw(vcpu);
    vcpu->chores_in = next_chores(vcpu);
}
