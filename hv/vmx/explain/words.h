/*
 * vmx/explain/words.h: numbers in words, for messages and dumps: errors.c and field_names.c.
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

/*
 * The name in vmx/fields.h without its "VMCS_" ("GUEST_CS_BASE"); also for the odd encoding that
 * is the high half of a 64-bit field. Of fields that hv16 does not use, and of numbers that are
 * none, it says just that. Never NULL.
 */
const char *vmcs_field_name(uint32_t encoding);
