/*
 * svm/events.c: what a VMCB does not say about events: which one caused the exit, and whether NMIs
 * are blocked. And an interrupt that caused an exit is still to be taken. Source: APM volume 2,
 * "Intercept Operation" (15.7), "Event Injection" (15.20), "NMI Support" (15.21.5).
 */
#include "cpu/event.h"
#include "host/tables.h"
#include "svm/svm.h"
#include "svm/vmcb.h"
#include "virt/guest.h"

/* At once if it can go to the guest at once. */
static bool is_to_be_taken(const struct vcpu *vcpu, const struct vmcb *vmcb)
{
    return vcpu->svm.acknowledge || ((vmcb->rflags & RFLAGS_IF) && !(vmcb->shadow & SHADOW));
}

/* An NMI that comes at the same time hits the hypervisor, as it were. */
static uint32_t take_interrupt(struct vcpu *vcpu)
{
    uint32_t nmis = 0;
    int vector = svm_take(true, &nmis);

    if (nmis > 0)
        tables_on_nmi(vcpu);
    return vector < 0 ? 0 : INTERRUPTION_VALID | INTERRUPTION_TYPE_EXTERNAL | (uint32_t)vector;
}

void svm_note_event(struct vcpu *vcpu, struct vmcb *vmcb)
{
    uint64_t code = vmcb->exit_code;
    uint32_t event = 0, nmis = 0;

    if (code == SVM_EXIT_NMI) {
        svm_take(false, &nmis);
        event = INTERRUPTION_VALID | INTERRUPTION_TYPE_NMI | VECTOR_NMI;
    } else if (code == SVM_EXIT_INTR && is_to_be_taken(vcpu, vmcb)) {
        event = take_interrupt(vcpu);
    } else if (code < SVM_EXIT_INTR) {
        event = INTERRUPTION_VALID | INTERRUPTION_TYPE_EXCEPTION | (uint32_t)(code & 31);
        vmcb->kept.exited_event_error = vmcb->exit_info1;
    } else if (code == SVM_EXIT_IRET) {
        vmcb->kept.blocked = 0;
        vmcb->intercepts &= ~INTERCEPT_IRET;
    }
    vmcb->kept.exited_event = event;
}

/* The next NMI waits for IRET. INT n, which an exit has interrupted, is executed again. */
void svm_event_was_injected(struct vmcb *vmcb)
{
    uint32_t sent = vmcb->event & (INTERRUPTION_VALID | INTERRUPTION_TYPE);
    uint32_t interrupted = vmcb->exit_event & (INTERRUPTION_VALID | INTERRUPTION_TYPE);

    if (sent == (INTERRUPTION_VALID | INTERRUPTION_TYPE_NMI) &&
        !(interrupted & INTERRUPTION_VALID)) {
        vmcb->kept.blocked = BLOCKING_NMI;
        vmcb->intercepts |= INTERCEPT_IRET;
    }
    if (interrupted == (INTERRUPTION_VALID | INTERRUPTION_TYPE_SOFT_INT))
        vmcb->exit_event = 0;
    vmcb->event = 0;
}

void svm_inject(struct vmcb *vmcb, uint8_t vector, bool has_error_code)
{
    vmcb->event = INTERRUPTION_VALID | INTERRUPTION_TYPE_EXCEPTION | vector;
    vmcb->event_error = 0;
    if (has_error_code && (vmcb->cr0 & CR0_PE))
        vmcb->event |= INTERRUPTION_ERROR_CODE;
}
