/*
 * init/read_inbox.h: a vCPU reads what other processors have left for it: apic/inbox.h.
 */
#pragma once

#include "vcpu.h"

/* From now on this vCPU gets notes, and the NMIs that hit hv16. On its own processor. */
void inbox_open(struct vcpu *vcpu);

/* Takes the notes out, and does what they say. To be called when the guest is between two
 * instructions: it may be somewhere else then. */
void inbox_read(struct vcpu *vcpu);
