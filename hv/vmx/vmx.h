/*
 * vmx/vmx.h: Intel's wing behind the door of virt/virt.h.
 */
#ifndef HV16_VMX_VMX_H
#define HV16_VMX_VMX_H

#include "virt/virt.h"

extern const struct virt_operations vmx_operations;

#endif
