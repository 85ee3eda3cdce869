/*
 * vmx/bitmaps.h: which ports and MSRs exit.
 */
#ifndef HV16_VMX_BITMAPS_H
#define HV16_VMX_BITMAPS_H

#include "vcpu.h"

/* Gives the current VMCS its bitmaps, with all that always exits. */
void vmx_open_bitmaps(const struct vcpu *vcpu);

/* Whether the guest's RDMSR and WRMSR of `msr` (below 2000H) exit: exits/msr.c. */
void vmx_trap_msr(const struct vcpu *vcpu, uint32_t msr, bool read, bool write);
/* Whether IN and OUT exit: exits/io.c. */
void vmx_trap_port(const struct vcpu *vcpu, uint16_t port, bool on);

#endif
