/*
 * hypercall.h: what a guest may ask with VMCALL. Plain numbers only: nasm reads them too.
 *
 * EAX = HYPERCALL_MAGIC, EBX = one of the functions; the result is in EAX (and ECX, EDX). With any
 * other EAX the instruction is #UD, as on a processor without VMX.
 */
#pragma once

#define HYPERCALL_MAGIC   0x36315648 /* "HV16" */
#define HYPERCALL_VERSION 0          /* EAX = HV16_VERSION */
#define HYPERCALL_END     1          /* the run is over; CL = the guest's verdict, 0 is success */
#define HYPERCALL_EXITS   2          /* ECX = basic exit reason; EAX = how often so far */
#define HYPERCALL_BLOCK   3          /* EAX = physical base of the hidden block, EDX = its size */
#define HYPERCALL_HIDDEN  4          /* EAX = reads, EDX = writes that touched hidden memory */
/* The resident could not boot the guest; CL = why, see below. */
#define HYPERCALL_BOOT_FAILED 5
/* The resident's INT 19h, "bootstrap loader": boot again. Does not come back. */
#define HYPERCALL_INT19 8

/* EAX = how the guest's APIC is virtualized, a value of enum apic_option (model/options.h); EDX =
 * the TPR threshold now, 0 where the mode does not use it. */
#define HYPERCALL_APIC_MODE 6
/* EAX = the machine's own IA32_APIC_BASE, ECX = this processor's APIC-access address, EDX = its
 * virtual-APIC address; bits 31:0 each, 0 for an address that the mode does not use. */
#define HYPERCALL_APIC_ADDRESSES 7

/* CL of HYPERCALL_BOOT_FAILED. */
#define BOOT_FAILED_READ      1 /* INT 13h failed; CH = its error code */
#define BOOT_FAILED_SIGNATURE 2 /* the sector does not end in 55h AAh */

#define HV16_VERSION    0x0100
#define HV16_CPUID_LEAF 0x40000000 /* EBX:ECX:EDX = "hv16hv16hv16" */
