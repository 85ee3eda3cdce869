/*
 * vmx/fail.h: an entry that did not happen, explained. Both functions write to the log and stop:
 * first the error in words, then each field that breaks a rule of the SDM, with the rule. If there
 * is none, the whole guest state.
 */
#pragma once

#include "vcpu.h"
#include "vmx/enter.h"

/* VMLAUNCH or VMRESUME returned: VMfailInvalid or VMfailValid. */
_Noreturn void vmx_explain_vmfail(struct vcpu *vcpu, enum entry_result result);

/* An exit with bit 31 of the reason set: the guest's state was refused. */
_Noreturn void vmx_explain_entry_failure(struct vcpu *vcpu, uint32_t reason);
