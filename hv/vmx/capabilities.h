/*
 * vmx/capabilities.h: what this processor's VMX can do, and whether it is enough.
 */
#pragma once

#include "vmx/explain/check.h"
#include <stdbool.h>
#include <stdint.h>

/* A bit of IA32_VMX_MISC: SDM volume 3, "Miscellaneous Data" (appendix A.6). */
#define VMX_MISC_WAIT_FOR_SIPI (1ull << 8)

/* Bits of IA32_VMX_EPT_VPID_CAP: SDM volume 3, "VPID and EPT Capabilities" (appendix A.10). */
#define VMX_EPT_WALK_4        (1ull << 6)
#define VMX_EPT_WRITE_BACK    (1ull << 14)
#define VMX_EPT_2M_PAGES      (1ull << 16)
#define VMX_EPT_1G_PAGES      (1ull << 17)
#define VMX_EPT_INVEPT        (1ull << 20)
#define VMX_EPT_INVEPT_SINGLE (1ull << 25)

extern struct vmcs_capabilities vmx_capabilities;

/* Reads the capability MSRs and refuses the machine, in one line that names what is missing, if
 * it has no VMX, if the firmware locked VMX off, or if a control that hv16 needs is not there. */
void vmx_check_machine(void);

/* What each processor needs: IA32_FEATURE_CONTROL allows VMXON there, or can be made to. */
bool vmx_enable(void);

/* What several processors need, in the SDM's words; NULL if nothing lacks. */
const char *vmx_lacks_for_several(bool real_sipis);

/* Whether the processor allows these controls to be 1. Of `capability`, as of vmx_control()'s. */
bool vmx_allows(uint64_t capability, uint32_t controls);

/* A control field's value: `wanted`, and what the processor insists on. `capability` is one of the
 * five control members of vmx_capabilities. */
uint32_t vmx_control(uint64_t capability, uint32_t wanted);
