/*
 * virt/virt.c: which of the wings.
 */
#include "virt/virt.h"

const struct virt_operations *virt;
