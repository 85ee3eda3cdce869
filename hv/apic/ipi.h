/*
 * apic/ipi.h: interprocessor interrupts of the guest.
 */
#ifndef HV16_APIC_IPI_H
#define HV16_APIC_IPI_H

#include "vcpu.h"

/* Sends what the guest's ICR holds. Physical IPIs never leave for a guest. */
void ipi_send(struct vcpu *vcpu);

#endif
