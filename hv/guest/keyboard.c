/*
 * guest/keyboard.c: the keyboard controller between command D1h, "write output port", and its byte.
 */
#include "guest/keyboard.h"
#include "cpu/cpu.h"
#include "virt/virt.h"

void keyboard_expect_output_byte(struct vcpu *vcpu, bool expected)
{
    vcpu->keyboard.output_byte_next = expected;
    virt->trap_port(vcpu, PORT_KBD_DATA, expected);
}

void keyboard_settle(struct vcpu *vcpu)
{
    if (!vcpu->keyboard.output_byte_next)
        return;
    out8(PORT_KBD_DATA, KBD_OUTPUT_CALM);
    keyboard_expect_output_byte(vcpu, false);
}
