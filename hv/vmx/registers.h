/*
 * vmx/registers.h: the guest's general registers by number, wherever they are kept.
 */
#ifndef HV16_VMX_REGISTERS_H
#define HV16_VMX_REGISTERS_H

#include "vcpu.h"

/* `number` is 0 (RAX) to 15 (R15), as ModRM and the exit qualifications count. */
uint64_t vcpu_gpr_read(struct vcpu *vcpu, uint32_t number);
void vcpu_gpr_write(struct vcpu *vcpu, uint32_t number, uint64_t value);

#endif
