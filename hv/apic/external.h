/*
 * apic/external.h: interrupts of the machine, on their way to the guest.
 */
#pragma once

#include "vcpu.h"

/* One exits and is not acknowledged yet; one exits and is; the guest can take one now. */
void external_arrives(struct vcpu *vcpu);
void external_acknowledged(void);
void external_window_opens(struct vcpu *vcpu);
