/*
 * vmx/fields.h: the encoding of every VMCS field. Plain numbers only: nasm can read them too.
 *
 * Source: SDM volume 3, "Field Encoding in VMCS" (appendix B). An encoding is itself a record
 * ("VMREAD, VMWRITE, and Encodings of VMCS Fields", 25.11.2): bit 0 picks the high half of a
 * 64-bit field (never used here), bits 9:1 count, bits 11:10 say control 0, read-only 1, guest 2,
 * host 3, and bits 14:13 give the width: 16 bits 0, 64 bits 1, 32 bits 2, natural width 3.
 */
#pragma once

#include "vmx/bits.h"

/* === 16 bits: control === */
#define VMCS_VPID                    0x0000
#define VMCS_POSTED_INTERRUPT_VECTOR 0x0002 /* posted-interrupt notification vector */
#define VMCS_EPTP_INDEX              0x0004
#define VMCS_HLAT_PREFIX_SIZE        0x0006
#define VMCS_LAST_PID_POINTER_INDEX  0x0008
/* --- 16 bits: guest state */
#define VMCS_GUEST_ES_SELECTOR      0x0800
#define VMCS_GUEST_CS_SELECTOR      0x0802
#define VMCS_GUEST_SS_SELECTOR      0x0804
#define VMCS_GUEST_DS_SELECTOR      0x0806
#define VMCS_GUEST_FS_SELECTOR      0x0808
#define VMCS_GUEST_GS_SELECTOR      0x080A
#define VMCS_GUEST_LDTR_SELECTOR    0x080C
#define VMCS_GUEST_TR_SELECTOR      0x080E
#define VMCS_GUEST_INTERRUPT_STATUS 0x0810 /* SVI in bits 15:8, RVI in bits 7:0 */
#define VMCS_PML_INDEX              0x0812
#define VMCS_GUEST_UINV             0x0814
/* --- 16 bits: host state */
#define VMCS_HOST_ES_SELECTOR 0x0C00
#define VMCS_HOST_CS_SELECTOR 0x0C02
#define VMCS_HOST_SS_SELECTOR 0x0C04
#define VMCS_HOST_DS_SELECTOR 0x0C06
#define VMCS_HOST_FS_SELECTOR 0x0C08
#define VMCS_HOST_GS_SELECTOR 0x0C0A
#define VMCS_HOST_TR_SELECTOR 0x0C0C

/* === 64 bits: control === */
#define VMCS_IO_BITMAP_A                      0x2000
#define VMCS_IO_BITMAP_B                      0x2002
#define VMCS_MSR_BITMAP                       0x2004
#define VMCS_VM_EXIT_MSR_STORE_ADDRESS        0x2006
#define VMCS_VM_EXIT_MSR_LOAD_ADDRESS         0x2008
#define VMCS_VM_ENTRY_MSR_LOAD_ADDRESS        0x200A
#define VMCS_EXECUTIVE_VMCS_POINTER           0x200C
#define VMCS_PML_ADDRESS                      0x200E
#define VMCS_TSC_OFFSET                       0x2010
#define VMCS_VIRTUAL_APIC_ADDRESS             0x2012
#define VMCS_APIC_ACCESS_ADDRESS              0x2014
#define VMCS_POSTED_INTERRUPT_DESCRIPTOR      0x2016
#define VMCS_VM_FUNCTION_CONTROLS             0x2018
#define VMCS_EPT_POINTER                      0x201A
#define VMCS_EOI_EXIT_BITMAP_0                0x201C
#define VMCS_EOI_EXIT_BITMAP_1                0x201E
#define VMCS_EOI_EXIT_BITMAP_2                0x2020
#define VMCS_EOI_EXIT_BITMAP_3                0x2022
#define VMCS_EPTP_LIST_ADDRESS                0x2024
#define VMCS_VMREAD_BITMAP                    0x2026
#define VMCS_VMWRITE_BITMAP                   0x2028
#define VMCS_VIRTUALIZATION_EXCEPTION_ADDRESS 0x202A
#define VMCS_XSS_EXITING_BITMAP               0x202C
#define VMCS_ENCLS_EXITING_BITMAP             0x202E
#define VMCS_SPP_TABLE_POINTER                0x2030
#define VMCS_TSC_MULTIPLIER                   0x2032
#define VMCS_TERTIARY_PROC_CONTROLS           0x2034
#define VMCS_ENCLV_EXITING_BITMAP             0x2036
#define VMCS_LOW_PASID_DIRECTORY              0x2038
#define VMCS_HIGH_PASID_DIRECTORY             0x203A
#define VMCS_SHARED_EPT_POINTER               0x203C
#define VMCS_PCONFIG_EXITING_BITMAP           0x203E
#define VMCS_HLAT_POINTER                     0x2040
#define VMCS_PID_POINTER_TABLE                0x2042
#define VMCS_SECONDARY_EXIT_CONTROLS          0x2044
#define VMCS_SPEC_CTRL_MASK                   0x204A
#define VMCS_SPEC_CTRL_SHADOW                 0x204C
/* --- 64 bits: read-only */
#define VMCS_GUEST_PHYSICAL_ADDRESS 0x2400
/* --- 64 bits: guest state */
#define VMCS_LINK_POINTER           0x2800
#define VMCS_GUEST_DEBUGCTL         0x2802
#define VMCS_GUEST_PAT              0x2804
#define VMCS_GUEST_EFER             0x2806
#define VMCS_GUEST_PERF_GLOBAL_CTRL 0x2808
#define VMCS_GUEST_PDPTE0           0x280A
#define VMCS_GUEST_PDPTE1           0x280C
#define VMCS_GUEST_PDPTE2           0x280E
#define VMCS_GUEST_PDPTE3           0x2810
#define VMCS_GUEST_BNDCFGS          0x2812
#define VMCS_GUEST_RTIT_CTL         0x2814
#define VMCS_GUEST_LBR_CTL          0x2816
#define VMCS_GUEST_PKRS             0x2818
/* --- 64 bits: host state */
#define VMCS_HOST_PAT              0x2C00
#define VMCS_HOST_EFER             0x2C02
#define VMCS_HOST_PERF_GLOBAL_CTRL 0x2C04
#define VMCS_HOST_PKRS             0x2C06

/* === 32 bits: control === */
#define VMCS_PIN_CONTROLS                  0x4000
#define VMCS_PRIMARY_PROC_CONTROLS         0x4002
#define VMCS_EXCEPTION_BITMAP              0x4004
#define VMCS_PAGE_FAULT_ERROR_MASK         0x4006
#define VMCS_PAGE_FAULT_ERROR_MATCH        0x4008
#define VMCS_CR3_TARGET_COUNT              0x400A
#define VMCS_EXIT_CONTROLS                 0x400C
#define VMCS_VM_EXIT_MSR_STORE_COUNT       0x400E
#define VMCS_VM_EXIT_MSR_LOAD_COUNT        0x4010
#define VMCS_ENTRY_CONTROLS                0x4012
#define VMCS_VM_ENTRY_MSR_LOAD_COUNT       0x4014
#define VMCS_VM_ENTRY_INTERRUPTION_INFO    0x4016
#define VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE 0x4018
#define VMCS_VM_ENTRY_INSTRUCTION_LENGTH   0x401A
#define VMCS_TPR_THRESHOLD                 0x401C
#define VMCS_SECONDARY_PROC_CONTROLS       0x401E
#define VMCS_PLE_GAP                       0x4020
#define VMCS_PLE_WINDOW                    0x4022
#define VMCS_INSTRUCTION_TIMEOUT           0x4024
/* --- 32 bits: read-only */
#define VMCS_VM_INSTRUCTION_ERROR         0x4400
#define VMCS_EXIT_REASON                  0x4402
#define VMCS_EXIT_INTERRUPTION_INFO       0x4404
#define VMCS_EXIT_INTERRUPTION_ERROR_CODE 0x4406
#define VMCS_IDT_VECTORING_INFO           0x4408
#define VMCS_IDT_VECTORING_ERROR_CODE     0x440A
#define VMCS_EXIT_INSTRUCTION_LENGTH      0x440C
#define VMCS_EXIT_INSTRUCTION_INFO        0x440E
/* --- 32 bits: guest state */
#define VMCS_GUEST_ES_LIMIT           0x4800
#define VMCS_GUEST_CS_LIMIT           0x4802
#define VMCS_GUEST_SS_LIMIT           0x4804
#define VMCS_GUEST_DS_LIMIT           0x4806
#define VMCS_GUEST_FS_LIMIT           0x4808
#define VMCS_GUEST_GS_LIMIT           0x480A
#define VMCS_GUEST_LDTR_LIMIT         0x480C
#define VMCS_GUEST_TR_LIMIT           0x480E
#define VMCS_GUEST_GDTR_LIMIT         0x4810
#define VMCS_GUEST_IDTR_LIMIT         0x4812
#define VMCS_GUEST_ES_ACCESS_RIGHTS   0x4814
#define VMCS_GUEST_CS_ACCESS_RIGHTS   0x4816
#define VMCS_GUEST_SS_ACCESS_RIGHTS   0x4818
#define VMCS_GUEST_DS_ACCESS_RIGHTS   0x481A
#define VMCS_GUEST_FS_ACCESS_RIGHTS   0x481C
#define VMCS_GUEST_GS_ACCESS_RIGHTS   0x481E
#define VMCS_GUEST_LDTR_ACCESS_RIGHTS 0x4820
#define VMCS_GUEST_TR_ACCESS_RIGHTS   0x4822
#define VMCS_GUEST_INTERRUPTIBILITY   0x4824
#define VMCS_GUEST_ACTIVITY_STATE     0x4826
#define VMCS_GUEST_SMBASE             0x4828
#define VMCS_GUEST_SYSENTER_CS        0x482A
#define VMCS_PREEMPTION_TIMER_VALUE   0x482E
/* --- 32 bits: host state */
#define VMCS_HOST_SYSENTER_CS 0x4C00

/* === natural width: control === */
#define VMCS_CR0_GUEST_HOST_MASK 0x6000
#define VMCS_CR4_GUEST_HOST_MASK 0x6002
#define VMCS_CR0_READ_SHADOW     0x6004
#define VMCS_CR4_READ_SHADOW     0x6006
#define VMCS_CR3_TARGET_0        0x6008
#define VMCS_CR3_TARGET_1        0x600A
#define VMCS_CR3_TARGET_2        0x600C
#define VMCS_CR3_TARGET_3        0x600E
/* --- natural width: read-only */
#define VMCS_EXIT_QUALIFICATION   0x6400
#define VMCS_IO_RCX               0x6402
#define VMCS_IO_RSI               0x6404
#define VMCS_IO_RDI               0x6406
#define VMCS_IO_RIP               0x6408
#define VMCS_GUEST_LINEAR_ADDRESS 0x640A
/* --- natural width: guest state */
#define VMCS_GUEST_CR0           0x6800
#define VMCS_GUEST_CR3           0x6802
#define VMCS_GUEST_CR4           0x6804
#define VMCS_GUEST_ES_BASE       0x6806
#define VMCS_GUEST_CS_BASE       0x6808
#define VMCS_GUEST_SS_BASE       0x680A
#define VMCS_GUEST_DS_BASE       0x680C
#define VMCS_GUEST_FS_BASE       0x680E
#define VMCS_GUEST_GS_BASE       0x6810
#define VMCS_GUEST_LDTR_BASE     0x6812
#define VMCS_GUEST_TR_BASE       0x6814
#define VMCS_GUEST_GDTR_BASE     0x6816
#define VMCS_GUEST_IDTR_BASE     0x6818
#define VMCS_GUEST_DR7           0x681A
#define VMCS_GUEST_RSP           0x681C
#define VMCS_GUEST_RIP           0x681E
#define VMCS_GUEST_RFLAGS        0x6820
#define VMCS_GUEST_PENDING_DEBUG 0x6822
#define VMCS_GUEST_SYSENTER_ESP  0x6824
#define VMCS_GUEST_SYSENTER_EIP  0x6826
#define VMCS_GUEST_S_CET         0x6828
#define VMCS_GUEST_SSP           0x682A
#define VMCS_GUEST_SSP_TABLE     0x682C
/* --- natural width: host state */
#define VMCS_HOST_CR0          0x6C00
#define VMCS_HOST_CR3          0x6C02
#define VMCS_HOST_CR4          0x6C04
#define VMCS_HOST_FS_BASE      0x6C06
#define VMCS_HOST_GS_BASE      0x6C08
#define VMCS_HOST_TR_BASE      0x6C0A
#define VMCS_HOST_GDTR_BASE    0x6C0C
#define VMCS_HOST_IDTR_BASE    0x6C0E
#define VMCS_HOST_SYSENTER_ESP 0x6C10
#define VMCS_HOST_SYSENTER_EIP 0x6C12
#define VMCS_HOST_RSP          0x6C14
#define VMCS_HOST_RIP          0x6C16
#define VMCS_HOST_S_CET        0x6C18
#define VMCS_HOST_SSP          0x6C1A
#define VMCS_HOST_SSP_TABLE    0x6C1C
