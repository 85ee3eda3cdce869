/*
 * vmx/explain/check_activity.c: SDM volume 3, "Checks on Guest Non-Register State" (27.3.1.5).
 */
#include "vmx/explain/check_rules.h"

#define PENDING_RESERVED (~0x1ffffull | 0xa7f0u) /* 63:17, 15, 13, 10:4 */
#define DEBUGCTL_BTF     2u

/* May an event of this type and vector be injected into a CPU that is not active? */
static bool wakes(uint32_t activity, uint32_t injection)
{
    uint32_t type = injection & INTERRUPTION_TYPE;
    uint32_t vector = injection & INTERRUPTION_VECTOR;
    bool machine_check = type == INTERRUPTION_TYPE_EXCEPTION && vector == 18;
    if (activity == ACTIVITY_SHUTDOWN)
        return type == INTERRUPTION_TYPE_NMI || machine_check;
    if (activity == ACTIVITY_HLT)
        return type == INTERRUPTION_TYPE_EXTERNAL || type == INTERRUPTION_TYPE_NMI ||
               machine_check || (type == INTERRUPTION_TYPE_EXCEPTION && vector == 1) ||
               (type == INTERRUPTION_TYPE_OTHER && vector == 0);
    return false; /* wait-for-SIPI: only a SIPI, and that cannot be injected */
}

static void check_activity(struct check *check, uint64_t activity, uint64_t blocking)
{
    const uint32_t field = VMCS_GUEST_ACTIVITY_STATE;
    uint64_t ss = check_value(check, VMCS_GUEST_SS_ACCESS_RIGHTS);
    check_rule(check, field, activity <= ACTIVITY_WAIT_FOR_SIPI,
               "must be 0 active, 1 HLT, 2 shutdown or 3 wait-for-SIPI");
    if (activity == ACTIVITY_ACTIVE || activity > ACTIVITY_WAIT_FOR_SIPI)
        return;
    check_rule(check, field, (check->capabilities->misc >> (5 + activity) & 1) != 0,
               "must be a state the processor supports (IA32_VMX_MISC bits 8:6)");
    check_rule(check, field, activity != ACTIVITY_HLT || !(ss & AR_DPL),
               "must not be 1 (HLT) while SS's DPL is not 0");
    check_rule(check, field, !(blocking & (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS)),
               "must be 0 (active) while STI or MOV SS blocks events");
    check_rule(check, field, !check->injection || wakes((uint32_t)activity, check->injection),
               "must be a state that the injected event can end");
}

static void check_interruptibility(struct check *check, uint64_t blocking)
{
    const uint32_t field = VMCS_GUEST_INTERRUPTIBILITY;
    const uint32_t sti_or_ss = INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS;
    uint32_t type = check->injection & INTERRUPTION_TYPE;
    check_bits(check, field, blocking & 0xfffffff0u, "reserved bits 31:4 must be 0");
    check_rule(check, field, (blocking & sti_or_ss) != sti_or_ss,
               "STI and MOV SS (bits 0 and 1) must not both be 1");
    check_rule(check, field, !(blocking & INTERRUPTIBILITY_STI) || check->rflags & RFLAGS_IF,
               "STI (bit 0) must be 0 while RFLAGS.IF = 0");
    if (check->injection && type == INTERRUPTION_TYPE_EXTERNAL)
        check_bits(
            check, field, blocking & sti_or_ss,
            "STI and MOV SS (bits 0 and 1) must be 0 when an external interrupt is injected");
    if (check->injection && type == INTERRUPTION_TYPE_NMI) {
        check_bits(check, field, blocking & sti_or_ss,
                   "MOV SS (bit 1), on some processors STI (bit 0), must be 0 when an NMI is "
                   "injected");
        check_rule(check, field,
                   !(check->pin & PIN_VIRTUAL_NMIS) || !(blocking & INTERRUPTIBILITY_NMI),
                   "NMI (bit 3) must be 0 when an NMI is injected with VIRTUAL_NMIS");
    }
    check_bits(check, field, blocking & INTERRUPTIBILITY_SMI, "SMI (bit 2) must be 0 outside SMM");
}

static void check_pending_debug(struct check *check, uint64_t activity, uint64_t blocking)
{
    const uint32_t field = VMCS_GUEST_PENDING_DEBUG;
    uint64_t pending = check_value(check, field);
    bool held = blocking & (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS);
    bool steps =
        check->rflags & RFLAGS_TF && !(check_value(check, VMCS_GUEST_DEBUGCTL) & DEBUGCTL_BTF);
    check_bits(check, field, pending & PENDING_RESERVED,
               "reserved bits (63:17, 15, 13, 10:4) must be 0");
    if (held || activity == ACTIVITY_HLT)
        check_rule(check, field, ((pending & PENDING_DEBUG_BS) != 0) == steps,
                   "while HLT, STI or MOV SS holds it back, BS (bit 14) must be 1 exactly if "
                   "RFLAGS.TF = 1 and IA32_DEBUGCTL.BTF = 0");
}

void check_guest_activity(struct check *check)
{
    uint64_t activity = check_value(check, VMCS_GUEST_ACTIVITY_STATE);
    uint64_t blocking = check_value(check, VMCS_GUEST_INTERRUPTIBILITY);
    check->section = "Checks on Guest Non-Register State (27.3.1.5)";
    check_activity(check, activity, blocking);
    check_interruptibility(check, blocking);
    check_pending_debug(check, activity, blocking);
    if (check_value(check, VMCS_LINK_POINTER) != VMCS_LINK_POINTER_NONE)
        check_page(check, VMCS_LINK_POINTER);
}
