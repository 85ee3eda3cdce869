/*
 * init/init.h: the other processors of the machine, and INIT and SIPI, as the guest's processors
 * get them from each other.
 */
#pragma once

#include "vcpu.h"

/* --- start.c: the other processors --- */

/* Starts each processor that the firmware's tables name, up to the number that the option cpus=
 * allows, one after the other. Each runs `entry`, on a stack of its own, and is one of vcpus[]
 * then. One that does not answer is named in the log and left out. */
void cpus_start(void (*entry)(struct vcpu *));

/* Puts the trampoline in its place in low memory: whoever begins there comes to `entry`, on a stack
 * for this vCPU. */
void cpus_place_trampoline(struct vcpu *vcpu, void (*entry)(struct vcpu *));

/* On a processor that is being started: it is not to be one of them after all. */
_Noreturn void cpu_leave_out(struct vcpu *vcpu);

/* --- read_inbox.c: a vCPU reads what other processors have left for it: apic/inbox.h --- */

/* From now on this vCPU gets notes, and the NMIs that hit hv16. On its own processor. */
void inbox_open(struct vcpu *vcpu);

/* Takes the notes out, and does what they say. To be called when the guest is between two
 * instructions: it may be somewhere else then. */
void inbox_read(struct vcpu *vcpu);

/* EPT has changed, or which ports exit: this vCPU's processor forgets the old state. Notes say so,
 * but do not get through to a vCPU that waits for a SIPI or is out of VMX operation: it does this
 * afterwards. */
void inbox_catch_up(struct vcpu *vcpu);

/* --- receive.c, and the state after INIT: state.c --- */

/* An INIT, or a SIPI, arrives. A SIPI for a processor that does not wait for one is ignored.
 * Source: SDM volume 3, "MP Initialization Protocol Algorithm for MP Systems" (3A 9.4.3). */
void init_receive(struct vcpu *vcpu);
void init_receive_sipi(struct vcpu *vcpu, uint8_t vector);

/* The vCPU of this processor is as after INIT. What INIT keeps stays as it is. */
void init_write_state(struct vcpu *vcpu);

/* One of the further processors, as the guest finds it: powered up, and waiting for a SIPI. */
void init_power_up(struct vcpu *vcpu);

/* The vCPU, which waits for a SIPI, sleeps from the next entry on. */
void init_sleep(void);

/* --- An INIT that stays pending: acknowledge.c, stage.c --- */

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
