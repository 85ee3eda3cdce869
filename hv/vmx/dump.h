/*
 * vmx/dump.h: the guest's state and the last exit, to the log.
 */
#ifndef HV16_VMX_DUMP_H
#define HV16_VMX_DUMP_H

#include "vcpu.h"

/* Everything that helps to see what the guest did: about 20 lines. */
void vmx_dump(const struct vcpu *vcpu);

#endif
