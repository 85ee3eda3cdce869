/*
 * virt/repeat.h: no exit may repeat for ever in silence.
 */
#pragma once

#include "vcpu.h"

/* To be called when an exit is resumed without skipping an instruction. Stops a guest that exits at
 * the same place for ever. */
void repeat_check(struct vcpu *vcpu);

/* The guest may be where it was: it was not its doing. */
static inline void repeat_forgive(struct vcpu *vcpu)
{
    vcpu->repeat.count = 0;
}
