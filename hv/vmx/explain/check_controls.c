/*
 * vmx/explain/check_controls.c: SDM volume 3, "Checks on VMX Controls" (27.2.1), without the
 * APIC's. A VMCS that breaks one of them is refused with VM-instruction error 7.
 */
#include "vmx/explain/check_rules.h"

/* What hv16 never turns on: rules about it would fill an eighth of the image. Whoever does turn it
 * on learns from the words where to look. */
#define UNUSED "hv16 does not use this: look its rules up in this section"
#define UNUSED_PROC2                                                                               \
    (PROC2_ENABLE_VM_FUNCTIONS | PROC2_VMCS_SHADOWING | PROC2_ENABLE_PML |                         \
     PROC2_EPT_VIOLATION_VE | PROC2_MODE_BASED_EXECUTE | PROC2_SUB_PAGE_WRITE |                    \
     PROC2_PT_GUEST_PHYSICAL)
#define UNUSED_EXITCTL (EXITCTL_LOAD_CET_STATE | EXITCTL_LOAD_PKRS)
#define UNUSED_ENTRYCTL                                                                            \
    (ENTRYCTL_ENTRY_TO_SMM | ENTRYCTL_DEACTIVATE_DUAL_MONITOR | ENTRYCTL_LOAD_BNDCFGS |            \
     ENTRYCTL_LOAD_CET_STATE | ENTRYCTL_LOAD_PKRS)

static void check_allowed(struct check *check, uint32_t field, uint64_t capability)
{
    uint64_t value = check_value(check, field);
    check_bits(check, field, (uint32_t)capability & ~value,
               "bits set in the low half of its capability MSR must be 1");
    check_bits(check, field, value & ~(capability >> 32),
               "bits clear in the high half of its capability MSR must be 0");
}

static void check_ept_pointer(struct check *check)
{
    uint64_t eptp = check_value(check, VMCS_EPT_POINTER);
    uint64_t can = check->capabilities->ept_vpid; /* "VPID and EPT Capabilities" (A.10) */
    uint64_t type = eptp & 7;
    uint64_t levels = (eptp >> 3 & 7) + 1;
    check_rule(check, VMCS_EPT_POINTER, (type == 0 && can >> 8 & 1) || (type == 6 && can >> 14 & 1),
               "memory type (bits 2:0) must be 0 (UC) or 6 (WB), and supported");
    check_rule(check, VMCS_EPT_POINTER,
               (levels == 4 && can >> 6 & 1) || (levels == 5 && can >> 7 & 1),
               "page-walk length less one (bits 5:3) must be 3, or 4 where supported");
    check_rule(check, VMCS_EPT_POINTER, !(eptp & 0x40) || can >> 21 & 1,
               "bit 6 (accessed and dirty flags) must be 0 where not supported");
    check_zero(check, VMCS_EPT_POINTER, 0xf80 | check->beyond_physical,
               "reserved bits (11:7, beyond the physical-address width) must be 0");
}

void check_execution_controls(struct check *check)
{
    const struct vmcs_capabilities *can = check->capabilities;
    check_allowed(check, VMCS_PIN_CONTROLS, can->pin);
    check_allowed(check, VMCS_PRIMARY_PROC_CONTROLS, can->proc);
    if (check->proc & PROC_ACTIVATE_SECONDARY)
        check_allowed(check, VMCS_SECONDARY_PROC_CONTROLS, can->proc2);
    check_rule(check, VMCS_CR3_TARGET_COUNT,
               check_value(check, VMCS_CR3_TARGET_COUNT) <= (can->misc >> 16 & 0x1ff),
               "must not be greater than IA32_VMX_MISC bits 24:16");
    if (check->proc & PROC_USE_IO_BITMAPS) {
        check_page(check, VMCS_IO_BITMAP_A);
        check_page(check, VMCS_IO_BITMAP_B);
    }
    if (check->proc & PROC_USE_MSR_BITMAPS)
        check_page(check, VMCS_MSR_BITMAP);
    check_rule(check, VMCS_PIN_CONTROLS,
               !(check->pin & PIN_VIRTUAL_NMIS) || check->pin & PIN_NMI_EXITING,
               "VIRTUAL_NMIS needs NMI_EXITING");
    check_rule(check, VMCS_PRIMARY_PROC_CONTROLS,
               !(check->proc & PROC_NMI_WINDOW_EXITING) || check->pin & PIN_VIRTUAL_NMIS,
               "NMI_WINDOW_EXITING needs the pin control VIRTUAL_NMIS");
    if (check->proc2 & PROC2_ENABLE_VPID)
        check_rule(check, VMCS_VPID, check_value(check, VMCS_VPID) != 0,
                   "must not be 0, the hypervisor's own, with ENABLE_VPID");
    if (check->proc2 & PROC2_ENABLE_EPT)
        check_ept_pointer(check);
    check_rule(check, VMCS_SECONDARY_PROC_CONTROLS,
               !check->unrestricted || check->proc2 & PROC2_ENABLE_EPT,
               "UNRESTRICTED_GUEST needs ENABLE_EPT");
    check_bits(check, VMCS_SECONDARY_PROC_CONTROLS, check->proc2 & UNUSED_PROC2, UNUSED);
}

void check_exit_controls(struct check *check)
{
    check_allowed(check, VMCS_EXIT_CONTROLS, check->capabilities->exit);
    check_rule(check, VMCS_EXIT_CONTROLS,
               !(check->exit & EXITCTL_SAVE_PREEMPTION_TIMER) || check->pin & PIN_PREEMPTION_TIMER,
               "SAVE_PREEMPTION_TIMER needs the pin control PREEMPTION_TIMER");
    check_bits(check, VMCS_EXIT_CONTROLS, check->exit & UNUSED_EXITCTL, UNUSED);
    check_zero(check, VMCS_VM_EXIT_MSR_STORE_COUNT, UINT32_MAX, UNUSED);
    check_zero(check, VMCS_VM_EXIT_MSR_LOAD_COUNT, UINT32_MAX, UNUSED);
}

static void check_injection_error_code(struct check *check)
{
    const uint32_t field = VMCS_VM_ENTRY_INTERRUPTION_INFO;
    uint32_t vector = check->event_vector;
    bool given = (check_value(check, field) & INTERRUPTION_ERROR_CODE) != 0;
    bool possible = check->event_type == INTERRUPTION_TYPE_EXCEPTION && check->cr0 & CR0_PE;
    /* #DF #TS #NP #SS #GP #PF #AC */
    bool pushed = vector < EXCEPTION_VECTORS && VECTORS_WITH_ERROR_CODE >> vector & 1;
    bool any_vector = check->capabilities->basic >> 56 & 1;
    check_rule(check, field, possible || !given,
               "bit 11 (error code) must be 0 except for a hardware exception with CR0.PE = 1");
    if (possible && !any_vector)
        check_rule(check, field, given == pushed,
                   "bit 11 (error code) must be 1 exactly for vectors 8, 10 to 14 and 17");
    if (given)
        check_zero(check, VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE, 0xffff0000u, "bits 31:16 must be 0");
}

static void check_injection(struct check *check)
{
    const uint32_t field = VMCS_VM_ENTRY_INTERRUPTION_INFO;
    uint32_t type = check->event_type;
    uint32_t vector = check->event_vector;
    bool has_mtf = check->capabilities->proc >> 32 & PROC_MONITOR_TRAP_FLAG;
    check_rule(check, field,
               type != INTERRUPTION_TYPE_RESERVED && (type != INTERRUPTION_TYPE_OTHER || has_mtf),
               "type (bits 10:8) must not be 1, nor 7 without the monitor trap flag");
    check_rule(check, field, type != INTERRUPTION_TYPE_NMI || vector == VECTOR_NMI,
               "the vector of an NMI must be 2");
    check_rule(check, field, type != INTERRUPTION_TYPE_EXCEPTION || vector < EXCEPTION_VECTORS,
               "the vector of a hardware exception must be at most 31");
    check_rule(check, field, type != INTERRUPTION_TYPE_OTHER || vector == 0,
               "the vector of type 7 (other event) must be 0");
    check_injection_error_code(check);
    check_zero(check, field, 0x7ffff000u, "reserved bits 30:12 must be 0");
    if (type >= INTERRUPTION_TYPE_SOFT_INT && type <= INTERRUPTION_TYPE_SOFT_EXC) {
        uint64_t length = check_value(check, VMCS_VM_ENTRY_INSTRUCTION_LENGTH);
        check_rule(check, VMCS_VM_ENTRY_INSTRUCTION_LENGTH,
                   length <= 15 && (length != 0 || check->capabilities->misc >> 30 & 1),
                   "must be 1 to 15 for a software event (0 with IA32_VMX_MISC bit 30)");
    }
}

void check_entry_controls(struct check *check)
{
    check_allowed(check, VMCS_ENTRY_CONTROLS, check->capabilities->entry);
    check_bits(check, VMCS_ENTRY_CONTROLS, check->entry & UNUSED_ENTRYCTL, UNUSED);
    check_zero(check, VMCS_VM_ENTRY_MSR_LOAD_COUNT, UINT32_MAX, UNUSED);
    if (check->event_type != NO_EVENT)
        check_injection(check);
}
