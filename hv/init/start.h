/*
 * init/start.h: the other processors of the machine.
 */
#pragma once

#include "vcpu.h"

/* Starts each processor that the firmware's tables name, up to the number that the option cpus=
 * allows, one after the other. Each runs `entry`, on a stack of its own, and is one of vcpus[]
 * then. One that does not answer is named in the log and left out. */
void cpus_start(void (*entry)(struct vcpu *));

/* Puts the trampoline in its place in low memory: whoever begins there comes to `entry`, on a stack
 * for this vCPU. */
void cpus_place_trampoline(struct vcpu *vcpu, void (*entry)(struct vcpu *));

/* On a processor that is being started: it is not to be one of them after all. */
_Noreturn void cpu_leave_out(struct vcpu *vcpu);
