/*
 * vmx/explain/errors.h: what the processor's numbers for failed VMX instructions and entries mean.
 */
#pragma once

#include <stdint.h>

/*
 * VMCS_VM_INSTRUCTION_ERROR in words, for 1 to 28; "unknown ..." otherwise. Never NULL.
 */
const char *vm_instruction_error(uint32_t number);

/*
 * Why an entry failed after the guest's state was looked at: basic exit reason 33, 34 or 41 of
 * an exit with EXIT_REASON_ENTRY_FAILURE, in words; "unknown ..." otherwise. Never NULL.
 */
const char *vm_entry_failure(uint32_t basic);

/* What the exit qualification adds to reason 33: words for 2, 3 and 4, NULL otherwise. */
const char *vm_entry_failure_detail(uint64_t qualification);
