/*
 * vmx/vmx.h: Intel's wing behind the door of virt/virt.h.
 */
#pragma once

#include "virt/virt.h"

extern const struct virt_operations vmx_operations;
