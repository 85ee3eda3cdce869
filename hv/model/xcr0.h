/*
 * model/xcr0.h: which values XSETBV may load into XCR0. Pure logic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * True if XSETBV with ECX = 0 accepts `value` on a processor whose XCR0 has the bits `supported`
 * (CPUID.(EAX=0DH,ECX=0):EDX:EAX). False: the instruction is #GP(0), and the hypervisor must say
 * so itself, because XSETBV always exits and executing it for the guest would fault in the host.
 */
bool xcr0_valid(uint64_t value, uint64_t supported);
