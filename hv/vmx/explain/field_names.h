/*
 * vmx/explain/field_names.h: the name of a VMCS field, for messages and dumps.
 */
#pragma once

#include <stdint.h>

/*
 * The name in vmx/fields.h without its "VMCS_" ("GUEST_CS_BASE"); also for the odd encoding that
 * is the high half of a 64-bit field. Of fields that hv16 does not use, and of numbers that are
 * none, it says just that. Never NULL.
 */
const char *vmcs_field_name(uint32_t encoding);
