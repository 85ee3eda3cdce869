/*
 * apic/x2apic.h: the guest switches between the APIC's page and its MSRs.
 */
#pragma once

#include "apic/apic.h"

/* The controls and the MSR bitmap follow the mode that the guest's IA32_APIC_BASE says. Until then,
 * and in modes without x2APIC, all of MSRs 800H-8FFH exit. */
void x2apic_follow_mode(struct vcpu *vcpu);
/* Without virtual-interrupt delivery, WRMSR of EOI and of self-IPI would reach the machine's APIC:
 * they exit as long as it is off. */
void x2apic_follow_delivery(struct vcpu *vcpu, bool on);
