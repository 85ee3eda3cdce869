/*
 * virt/nmi.c: the guest's NMI on its way. One that cannot go now goes when the processor says that
 * the guest can take it (exit reason 8).
 */
#include "virt/nmi.h"
#include "quirks.h"
#include "virt/inject.h"
#include "virt/virt.h"

void nmi_note(struct vcpu *vcpu)
{
    vcpu->nmi.pending = true;
    vcpu->countdown = 1;
}

void nmi_offer(struct vcpu *vcpu)
{
    if (!vcpu->nmi.got)
        quirk_entry_keeps_nmis_blocked();
    if (vcpu->nmi.pending && !vcpu->nmi.held && inject_nmi()) {
        vcpu->nmi.pending = false;
        vcpu->nmi.sent = vcpu->nmi.got = true;
    }
    virt->set_control(NMI_WINDOW_EXITING, vcpu->nmi.pending && !vcpu->nmi.held);
    vcpu->countdown = 1;
}

void nmi_hold(struct vcpu *vcpu, bool held)
{
    vcpu->nmi.held = held;
    virt->set_control(NMI_WINDOW_EXITING, vcpu->nmi.pending && !held);
}

void nmi_request(struct vcpu *vcpu)
{
    vcpu->nmi.pending = true;
    nmi_offer(vcpu);
}

/* A handler may have injected an exception over it, and an exception cannot wait: the NMI can. */
void nmi_follow(struct vcpu *vcpu)
{
    if (vcpu->nmi.sent && !inject_last_was_nmi())
        vcpu->nmi.pending = true;
    vcpu->nmi.sent = false;
    if (vcpu->nmi.pending)
        nmi_offer(vcpu);
}

void nmi_forget(struct vcpu *vcpu)
{
    vcpu->nmi.pending = vcpu->nmi.sent = vcpu->nmi.got = false;
    virt->set_control(NMI_WINDOW_EXITING, false);
}
