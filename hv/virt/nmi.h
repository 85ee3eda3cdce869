/*
 * virt/nmi.h: the guest's NMI, which may have to wait.
 */
#pragma once

#include "vcpu.h"

/* One has come for the guest: it goes with the next entry if it can, and otherwise after a later
 * exit. On the vCPU's own processor, between two exits of it. */
void nmi_request(struct vcpu *vcpu);

/* The same from inside an NMI handler of the hypervisor, at any time: nothing is injected yet. */
void nmi_note(struct vcpu *vcpu);

/* One that waits goes with the next entry if it can. */
void nmi_offer(struct vcpu *vcpu);

/* While `held`, none goes, for the length of one instruction. After that one that waits exits as
 * soon as it can go. */
void nmi_hold(struct vcpu *vcpu, bool held);

/* At a later exit: whether the NMI of the last entry got through, and what waits goes if it can. */
void nmi_follow(struct vcpu *vcpu);

/* INIT: none waits any more, and none is being handled. */
void nmi_forget(struct vcpu *vcpu);

/* Whether nmi_follow() has to be called at the next exit. */
static inline bool nmi_is_open(const struct vcpu *vcpu)
{
    return vcpu->nmi.pending || vcpu->nmi.sent;
}
