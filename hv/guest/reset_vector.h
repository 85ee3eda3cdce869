/*
 * guest/reset_vector.h: a guest that jumps to where a processor begins: FFFF:0, or F000:FFF0.
 */
#pragma once

#include "virt/exit.h"
#include <stdbool.h>
#include <stdint.h>

/* From now on a VMCALL exit says that the guest is there. Call when EPT is built, before the guest
 * runs. */
void reset_vector_watch(void);

/* At a VMCALL exit: whether that is why. */
bool reset_vector_reached(void);

/* What comes of it: the guest begins anew; or its BIOS goes on, if CMOS 0Fh tells it to. */
enum exit_action reset_vector_exit(struct vcpu *vcpu);

/* Whether `address` is in the page of the BIOS that cannot be written. */
bool reset_vector_owns(uint64_t address);

/* The guest writes it, at `address`. */
enum exit_action reset_vector_written(struct vcpu *vcpu, uint64_t address);

/* Whether the BIOS, from the reset vector, jumps to where the double word at 40:67 says. */
bool bios_goes_on(void);
