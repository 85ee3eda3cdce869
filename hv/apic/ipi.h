/*
 * apic/ipi.h: interprocessor interrupts of the guest.
 */
#pragma once

#include "vcpu.h"

/* Sends what the guest's ICR holds. Physical IPIs never leave for a guest. */
void ipi_send(struct vcpu *vcpu);
