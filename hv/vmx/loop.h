/*
 * vmx/loop.h: the exit loop.
 */
#ifndef HV16_VMX_LOOP_H
#define HV16_VMX_LOOP_H

#include "vcpu.h"
#include "virt/exit.h"

/* Who answers the exits, of all vCPUs. */
void vmx_handle_exits(const struct exit_handlers *given);

/* Runs the guest of the current VMCS, which has never run or was cleared. It does not return. */
void vmx_loop(struct vcpu *vcpu);

#endif
