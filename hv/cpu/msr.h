/*
 * cpu/msr.h: the numbers of the model-specific registers that hv16 reads, writes or hides.
 * Source: SDM volume 4, "Architectural MSRs" (2.1).
 */
#pragma once

#define MSR_IA32_APIC_BASE       0x1B
#define MSR_IA32_FEATURE_CONTROL 0x3A
#define MSR_IA32_BIOS_UPDT_TRIG  0x79
#define MSR_IA32_SMM_MONITOR_CTL 0x9B
#define MSR_IA32_MTRRCAP         0xFE
#define MSR_IA32_MTRR_PHYSBASE0  0x200 /* then PHYSMASK0, PHYSBASE1, ... */
#define MSR_IA32_MTRR_LAST_VAR   0x23F
#define MSR_IA32_MTRR_FIX64K     0x250
#define MSR_IA32_MTRR_FIX16K_80  0x258
#define MSR_IA32_MTRR_FIX16K_A0  0x259
#define MSR_IA32_MTRR_FIX4K_C0   0x268
#define MSR_IA32_MTRR_FIX4K_F8   0x26F
#define MSR_IA32_PAT             0x277
#define MSR_IA32_MTRR_DEF_TYPE   0x2FF
#define MSR_IA32_VMX_BASIC       0x480 /* the first of the VMX capability MSRs */
#define MSR_IA32_VMX_PIN         0x481
#define MSR_IA32_VMX_PROC        0x482
#define MSR_IA32_VMX_EXIT        0x483
#define MSR_IA32_VMX_ENTRY       0x484
#define MSR_IA32_VMX_MISC        0x485
#define MSR_IA32_VMX_CR0_FIXED0  0x486
#define MSR_IA32_VMX_CR0_FIXED1  0x487
#define MSR_IA32_VMX_CR4_FIXED0  0x488
#define MSR_IA32_VMX_CR4_FIXED1  0x489
#define MSR_IA32_VMX_PROC2       0x48B
#define MSR_IA32_VMX_EPT_VPID    0x48C
#define MSR_IA32_VMX_TRUE_PIN    0x48D
#define MSR_IA32_VMX_TRUE_PROC   0x48E
#define MSR_IA32_VMX_TRUE_EXIT   0x48F
#define MSR_IA32_VMX_TRUE_ENTRY  0x490
#define MSR_IA32_VMX_LAST        0x493
#define MSR_X2APIC_FIRST         0x800 /* + a register's offset in the APIC's page / 16 */
#define MSR_X2APIC_LAST          0x8FF
#define MSR_IA32_EFER            0xC0000080
#define MSR_GS_BASE              0xC0000101
#define MSR_VM_CR                0xC0010114 /* AMD: APM volume 2, "SVM Related MSRs" (15.30) */
#define MSR_VM_HSAVE_PA          0xC0010117
#define MSR_SVM_KEY              0xC0010118

#define FEATURE_CONTROL_LOCK  0x1ull
#define VM_CR_SVMDIS          0x10ull
#define FEATURE_CONTROL_VMXON 0x4ull /* "Enable VMX outside SMX operation" */
