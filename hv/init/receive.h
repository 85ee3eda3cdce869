/*
 * init/receive.h: INIT and SIPI, as the guest's processors get them from each other.
 */
#pragma once

#include "vcpu.h"

/* The vCPU of this processor is as after INIT. What INIT keeps stays as it is. */
void init_write_state(struct vcpu *vcpu);

/* One of the further processors, as the guest finds it: powered up, and waiting for a SIPI. */
void init_power_up(struct vcpu *vcpu);

/* The vCPU, which waits for a SIPI, sleeps from the next entry on. */
void init_sleep(void);

/* A real INIT of this processor is pending, and VM exits do not clear it: has it, out of VMX
 * operation. The guest goes on as its state says. */
_Noreturn void init_acknowledge(struct vcpu *vcpu);

/*
 * bug=sticky-init plays a processor whose VM exit does not clear the INIT: each entry exits again,
 * before an instruction of the guest. It takes an INIT that comes in VMX non-root operation, so the
 * entry after init_stage() leads to two instructions of hv16's own (guest/resident.asm), which send
 * it. init_staged() is for the INIT exit then: the guest is where it was before. On the processor
 * that booted, with the APIC in xAPIC mode; elsewhere nothing.
 *
 * Why it is not sent in VMX root operation, which would do without that: hv/quirks.h.
 */
void init_stage(struct vcpu *vcpu);
void init_staged(struct vcpu *vcpu);

/* An INIT, or a SIPI, arrives. A SIPI for a processor that does not wait for one is ignored.
 * Source: SDM volume 3, "MP Initialization Protocol Algorithm for MP Systems" (3A 9.4.3). */
void init_receive(struct vcpu *vcpu);
void init_receive_sipi(struct vcpu *vcpu, uint8_t vector);
