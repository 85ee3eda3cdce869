/*
 * exits/vmx_instruction.c: VMXON, VMREAD and the rest, exit reasons 19 to 27, 50, 53, and GETSEC.
 * The guest's CPUID says that there is no VMX and no SMX, so they are what they are on such a
 * processor: invalid opcodes.
 */
#include "exits/exits.h"
#include "virt/inject.h"

enum exit_action exit_vmx_instruction(struct vcpu *vcpu)
{
    (void)vcpu;
    return inject_exception(VECTOR_UD);
}
