/*
 * vmx/dump.h: the guest's state and the last exit, to the log.
 */
#pragma once

#include "vcpu.h"

/* Everything that helps to see what the guest did: about 20 lines. */
void vmx_dump(const struct vcpu *vcpu);
