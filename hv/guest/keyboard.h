/*
 * guest/keyboard.h: the one thing about the keyboard controller that hv16 has to know: whether the
 * next byte to its data port goes to the output port, whose line 0 resets the processor.
 */
#pragma once

#include "vcpu.h"

/* The guest has sent the controller a command: D1h, or another one. Port 60h exits only until the
 * byte that follows D1h has come. */
void keyboard_expect_output_byte(struct vcpu *vcpu, bool expected);

/* The guest is restarted. If the controller waits for the byte that follows D1h, it gets one now:
 * the restarted guest's first byte must not reset the machine. */
void keyboard_settle(struct vcpu *vcpu);
