/*
 * virt/virt.c: which of the wings.
 */
#include "virt/virt.h"
#include <stddef.h>

const struct virt_operations *virt;
