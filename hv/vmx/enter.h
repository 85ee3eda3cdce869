/*
 * vmx/enter.h: into the guest, and back at each VM exit; and an entry that did not happen.
 */
#pragma once

#include "vcpu.h"

/* Why an attempt to enter the guest came to nothing, not even an exit. */
enum entry_result {
    ENTRY_VMFAIL_INVALID, /* VMfailInvalid: there is no current VMCS */
    ENTRY_VMFAIL_VALID,   /* VMfailValid: the VM-instruction error field says why */
};

/*
 * Runs the guest of the current VMCS, which VMCLEAR has left or which has never run: VMLAUNCH, and
 * VMRESUME after each exit. At an exit `on_exit` is called, with all of the guest's registers in
 * vcpu->gpr but RSP, which is in the VMCS. The stack is vcpu->stack, from its top: what was on it
 * before is gone.
 */
_Noreturn void vmx_run(struct vcpu *vcpu, void (*on_exit)(struct vcpu *vcpu));

/* Where VM exits arrive: the VMCS's host RIP. Host RSP is vcpu->gpr then. */
extern const uint8_t vmx_exited[];

/*
 * An entry that did not happen, explained. Both functions of vmx/fail.c write to the log and stop:
 * first the error in words, then each field that breaks a rule of the SDM, with the rule. If there
 * is none, the whole guest state.
 */

/* VMLAUNCH or VMRESUME returned: VMfailInvalid or VMfailValid. */
_Noreturn void vmx_explain_vmfail(struct vcpu *vcpu, enum entry_result result);

/* An exit with bit 31 of the reason set: the guest's state was refused. */
_Noreturn void vmx_explain_entry_failure(struct vcpu *vcpu, uint32_t reason);

/* Mends in the guest's state what a processor allows and VM entry refuses: repair.c. False: there
 * was nothing of that kind. */
bool vmx_repair_guest(void);
