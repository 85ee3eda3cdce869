/*
 * vmx/bits.h: the bits of the VMCS's controls and of a few other fields, as masks.
 *
 * Source: SDM volume 3, "VM-Execution Control Fields" (25.6), "VM-Exit Control Fields" (25.7),
 * "VM-Entry Control Fields" (25.8), "Guest-State Area" (25.4). Included by vmx/fields.h.
 */
#pragma once

/* --- VMCS_PIN_CONTROLS: "Pin-Based VM-Execution Controls" */
#define PIN_EXTERNAL_INTERRUPT_EXITING 0x00000001u
#define PIN_NMI_EXITING                0x00000008u
#define PIN_VIRTUAL_NMIS               0x00000020u
#define PIN_PREEMPTION_TIMER           0x00000040u
#define PIN_PROCESS_POSTED_INTERRUPTS  0x00000080u

/* --- VMCS_PRIMARY_PROC_CONTROLS: "Processor-Based VM-Execution Controls" */
#define PROC_INTERRUPT_WINDOW_EXITING 0x00000004u
#define PROC_USE_TSC_OFFSETTING       0x00000008u
#define PROC_HLT_EXITING              0x00000080u
#define PROC_INVLPG_EXITING           0x00000200u
#define PROC_MWAIT_EXITING            0x00000400u
#define PROC_RDPMC_EXITING            0x00000800u
#define PROC_RDTSC_EXITING            0x00001000u
#define PROC_CR3_LOAD_EXITING         0x00008000u
#define PROC_CR3_STORE_EXITING        0x00010000u
#define PROC_ACTIVATE_TERTIARY        0x00020000u
#define PROC_CR8_LOAD_EXITING         0x00080000u
#define PROC_CR8_STORE_EXITING        0x00100000u
#define PROC_USE_TPR_SHADOW           0x00200000u
#define PROC_NMI_WINDOW_EXITING       0x00400000u
#define PROC_MOV_DR_EXITING           0x00800000u
#define PROC_UNCONDITIONAL_IO_EXITING 0x01000000u
#define PROC_USE_IO_BITMAPS           0x02000000u
#define PROC_MONITOR_TRAP_FLAG        0x08000000u
#define PROC_USE_MSR_BITMAPS          0x10000000u
#define PROC_MONITOR_EXITING          0x20000000u
#define PROC_PAUSE_EXITING            0x40000000u
#define PROC_ACTIVATE_SECONDARY       0x80000000u

/* --- VMCS_SECONDARY_PROC_CONTROLS */
#define PROC2_VIRTUALIZE_APIC_ACCESSES     0x00000001u
#define PROC2_ENABLE_EPT                   0x00000002u
#define PROC2_DESCRIPTOR_TABLE_EXITING     0x00000004u
#define PROC2_ENABLE_RDTSCP                0x00000008u
#define PROC2_VIRTUALIZE_X2APIC_MODE       0x00000010u
#define PROC2_ENABLE_VPID                  0x00000020u
#define PROC2_WBINVD_EXITING               0x00000040u
#define PROC2_UNRESTRICTED_GUEST           0x00000080u
#define PROC2_APIC_REGISTER_VIRTUALIZATION 0x00000100u
#define PROC2_VIRTUAL_INTERRUPT_DELIVERY   0x00000200u
#define PROC2_PAUSE_LOOP_EXITING           0x00000400u
#define PROC2_RDRAND_EXITING               0x00000800u
#define PROC2_ENABLE_INVPCID               0x00001000u
#define PROC2_ENABLE_VM_FUNCTIONS          0x00002000u
#define PROC2_VMCS_SHADOWING               0x00004000u
#define PROC2_ENCLS_EXITING                0x00008000u
#define PROC2_RDSEED_EXITING               0x00010000u
#define PROC2_ENABLE_PML                   0x00020000u
#define PROC2_EPT_VIOLATION_VE             0x00040000u
#define PROC2_CONCEAL_VMX_FROM_PT          0x00080000u
#define PROC2_ENABLE_XSAVES                0x00100000u
#define PROC2_PASID_TRANSLATION            0x00200000u
#define PROC2_MODE_BASED_EXECUTE           0x00400000u
#define PROC2_SUB_PAGE_WRITE               0x00800000u
#define PROC2_PT_GUEST_PHYSICAL            0x01000000u
#define PROC2_USE_TSC_SCALING              0x02000000u
#define PROC2_USER_WAIT_AND_PAUSE          0x04000000u
#define PROC2_ENABLE_PCONFIG               0x08000000u
#define PROC2_ENCLV_EXITING                0x10000000u
#define PROC2_BUS_LOCK_DETECTION           0x40000000u
#define PROC2_INSTRUCTION_TIMEOUT          0x80000000u

/* --- VMCS_TERTIARY_PROC_CONTROLS */
#define PROC3_LOADIWKEY_EXITING         0x00000001u
#define PROC3_ENABLE_HLAT               0x00000002u
#define PROC3_EPT_PAGING_WRITE          0x00000004u
#define PROC3_GUEST_PAGING_VERIFICATION 0x00000008u
#define PROC3_IPI_VIRTUALIZATION        0x00000010u
#define PROC3_ENABLE_MSR_LIST           0x00000040u
#define PROC3_VIRTUALIZE_SPEC_CTRL      0x00000080u

/* --- VMCS_EXIT_CONTROLS: "VM-Exit Controls" */
#define EXITCTL_SAVE_DEBUG_CONTROLS     0x00000004u
#define EXITCTL_HOST_ADDRESS_SPACE_SIZE 0x00000200u
#define EXITCTL_LOAD_PERF_GLOBAL_CTRL   0x00001000u
#define EXITCTL_ACKNOWLEDGE_INTERRUPT   0x00008000u
#define EXITCTL_SAVE_PAT                0x00040000u
#define EXITCTL_LOAD_PAT                0x00080000u
#define EXITCTL_SAVE_EFER               0x00100000u
#define EXITCTL_LOAD_EFER               0x00200000u
#define EXITCTL_SAVE_PREEMPTION_TIMER   0x00400000u
#define EXITCTL_CLEAR_BNDCFGS           0x00800000u
#define EXITCTL_CONCEAL_VMX_FROM_PT     0x01000000u
#define EXITCTL_CLEAR_RTIT_CTL          0x02000000u
#define EXITCTL_CLEAR_LBR_CTL           0x04000000u
#define EXITCTL_CLEAR_UINV              0x08000000u
#define EXITCTL_LOAD_CET_STATE          0x10000000u
#define EXITCTL_LOAD_PKRS               0x20000000u
#define EXITCTL_SAVE_PERF_GLOBAL_CTRL   0x40000000u
#define EXITCTL_ACTIVATE_SECONDARY      0x80000000u

/* --- VMCS_ENTRY_CONTROLS: "VM-Entry Controls" */
#define ENTRYCTL_LOAD_DEBUG_CONTROLS     0x00000004u
#define ENTRYCTL_IA32E_MODE_GUEST        0x00000200u
#define ENTRYCTL_ENTRY_TO_SMM            0x00000400u
#define ENTRYCTL_DEACTIVATE_DUAL_MONITOR 0x00000800u
#define ENTRYCTL_LOAD_PERF_GLOBAL_CTRL   0x00002000u
#define ENTRYCTL_LOAD_PAT                0x00004000u
#define ENTRYCTL_LOAD_EFER               0x00008000u
#define ENTRYCTL_LOAD_BNDCFGS            0x00010000u
#define ENTRYCTL_CONCEAL_VMX_FROM_PT     0x00020000u
#define ENTRYCTL_LOAD_RTIT_CTL           0x00040000u
#define ENTRYCTL_LOAD_UINV               0x00080000u
#define ENTRYCTL_LOAD_CET_STATE          0x00100000u
#define ENTRYCTL_LOAD_LBR_CTL            0x00200000u
#define ENTRYCTL_LOAD_PKRS               0x00400000u
#define ENTRYCTL_LOAD_FRED               0x00800000u

/* --- VMCS_GUEST_ACTIVITY_STATE: "Guest Non-Register State" */
#define ACTIVITY_ACTIVE        0u
#define ACTIVITY_HLT           1u
#define ACTIVITY_SHUTDOWN      2u
#define ACTIVITY_WAIT_FOR_SIPI 3u

/* --- VMCS_GUEST_INTERRUPTIBILITY: "Guest Non-Register State" */
#define INTERRUPTIBILITY_STI     0x00000001u
#define INTERRUPTIBILITY_MOV_SS  0x00000002u
#define INTERRUPTIBILITY_SMI     0x00000004u
#define INTERRUPTIBILITY_NMI     0x00000008u
#define INTERRUPTIBILITY_ENCLAVE 0x00000010u

/* --- VMCS_GUEST_PENDING_DEBUG: "Pending Debug Exceptions" */
#define PENDING_DEBUG_BS 0x00004000u /* a single-step trap is pending */

/* --- The interruption-information fields: entry, exit and IDT-vectoring have one layout */
#define INTERRUPTION_VECTOR         0x000000ffu
#define INTERRUPTION_TYPE           0x00000700u
#define INTERRUPTION_TYPE_EXTERNAL  0x00000000u
#define INTERRUPTION_TYPE_RESERVED  0x00000100u
#define INTERRUPTION_TYPE_NMI       0x00000200u
#define INTERRUPTION_TYPE_EXCEPTION 0x00000300u /* hardware exception */
#define INTERRUPTION_TYPE_SOFT_INT  0x00000400u /* software interrupt, INT n */
#define INTERRUPTION_TYPE_PRIV_SOFT 0x00000500u /* privileged software exception, INT1 */
#define INTERRUPTION_TYPE_SOFT_EXC  0x00000600u /* software exception, INT3 or INTO */
#define INTERRUPTION_TYPE_OTHER     0x00000700u /* entry only: pending MTF exit, SYSCALL */
#define INTERRUPTION_ERROR_CODE     0x00000800u /* an error code is delivered */
#define INTERRUPTION_NMI_UNBLOCKED  0x00001000u /* exit only: by a faulting IRET */
#define INTERRUPTION_VALID          0x80000000u

/* --- The access-rights fields: "Guest Register State" */
#define AR_TYPE          0x0000000fu
#define AR_TYPE_ACCESSED 0x00000001u
#define AR_TYPE_READABLE 0x00000002u /* of code */
#define AR_TYPE_WRITABLE 0x00000002u /* of data */
#define AR_TYPE_CODE     0x00000008u
#define AR_S             0x00000010u /* code or data, not system */
#define AR_DPL           0x00000060u
#define AR_DPL_SHIFT     5
#define AR_PRESENT       0x00000080u
#define AR_L             0x00002000u /* 64-bit code */
#define AR_DB            0x00004000u
#define AR_GRANULARITY   0x00008000u
#define AR_UNUSABLE      0x00010000u
#define AR_RESERVED      0xfffe0f00u

#define EXIT_REASON_ENTRY_FAILURE 0x80000000u /* bit 31 of VMCS_EXIT_REASON */
#define VMCS_LINK_POINTER_NONE    0xffffffffffffffffu
