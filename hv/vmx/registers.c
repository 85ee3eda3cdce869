/*
 * vmx/registers.c: see registers.h. RSP is a VMCS field; RBP and R8..R15 are fetched from the
 * processor only here, because few exits are about an instruction that names them.
 */
#include "vmx/registers.h"
#include "vmx/enter.h"
#include "vmx/vmcs.h"

static bool stays_in_processor(uint32_t number)
{
    return number == REG_RBP || number >= REG_R8;
}

uint64_t vcpu_gpr_read(struct vcpu *vcpu, uint32_t number)
{
    if (number == REG_RSP)
        return vmcs_read(VMCS_GUEST_RSP);
    if (stays_in_processor(number))
        vmx_store_other_gprs(vcpu);
    return vcpu->gpr[number];
}

void vcpu_gpr_write(struct vcpu *vcpu, uint32_t number, uint64_t value)
{
    if (number == REG_RSP) {
        vmcs_write(VMCS_GUEST_RSP, value);
    } else if (stays_in_processor(number)) {
        vmx_store_other_gprs(vcpu);
        vcpu->gpr[number] = value;
        vmx_load_other_gprs(vcpu);
    } else {
        vcpu->gpr[number] = value;
    }
}
