/*
 * guest/restart.h: the guest tried to reset the machine.
 */
#pragma once

#include "virt/exit.h"
#include <stdbool.h>

/* Keeps a copy of the BIOS's vectors and data, and of the interrupt controllers' masks, from which
 * a restarted guest begins. Call when the guest is about to run for the first time. */
void guest_restart_prepare(void);

/* Does what the option reset= says. With reset=guest, the default, the guest begins again at its
 * boot sector under the same hypervisor, on cpu 0, and all others wait for a SIPI; the exit is
 * resumed. `why` is for the log. */
enum exit_action guest_restart(struct vcpu *vcpu, const char *why);

/* The part of it that cpu 0 has to do itself. */
void guest_restart_here(struct vcpu *vcpu);

/* The guest has sent the keyboard controller a command: D1h, "write output port", or another one.
 * Line 0 of that port resets the processor, so port 60h exits until the byte that follows D1h has
 * come. */
void guest_expect_output_byte(struct vcpu *vcpu, bool expected);
