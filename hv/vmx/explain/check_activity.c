/*
 * vmx/explain/check_activity.c: SDM volume 3, "Checks on Guest Non-Register State" (27.3.1.5).
 */
#include "vmx/explain/check_rules.h"

#define PENDING_RESERVED (~0x1ffffull | 0xa7f0u) /* 63:17, 15, 13, 10:4 */
#define DEBUGCTL_BTF     2u
#define STI_OR_MOV_SS    (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS)

/* Does the injected event end this state? None ends wait-for-SIPI: no SIPI can be injected. */
static bool wakes(const struct check *check, uint64_t activity)
{
    uint32_t type = check->event_type;
    uint32_t vector = check->event_vector;
    bool exception = type == INTERRUPTION_TYPE_EXCEPTION;
    if (type == INTERRUPTION_TYPE_NMI || (exception && vector == VECTOR_MC))
        return activity == ACTIVITY_HLT || activity == ACTIVITY_SHUTDOWN;
    return activity == ACTIVITY_HLT &&
           (type == INTERRUPTION_TYPE_EXTERNAL || (exception && vector == VECTOR_DB) ||
            (type == INTERRUPTION_TYPE_OTHER && vector == 0));
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
    check_rule(check, field, !(blocking & STI_OR_MOV_SS),
               "must be 0 (active) while STI or MOV SS blocks events");
    check_rule(check, field, check->event_type == NO_EVENT || wakes(check, activity),
               "must be a state that the injected event can end");
}

static void check_interruptibility(struct check *check, uint64_t blocking)
{
    const uint32_t field = VMCS_GUEST_INTERRUPTIBILITY;
    check_zero(check, field, 0xfffffff0u, "reserved bits 31:4 must be 0");
    check_rule(check, field, (blocking & STI_OR_MOV_SS) != STI_OR_MOV_SS,
               "STI and MOV SS (bits 0 and 1) must not both be 1");
    check_rule(check, field, !(blocking & INTERRUPTIBILITY_STI) || check->rflags & RFLAGS_IF,
               "STI (bit 0) must be 0 while RFLAGS.IF = 0");
    if (check->event_type == INTERRUPTION_TYPE_EXTERNAL)
        check_zero(
            check, field, STI_OR_MOV_SS,
            "STI and MOV SS (bits 0 and 1) must be 0 when an external interrupt is injected");
    if (check->event_type == INTERRUPTION_TYPE_NMI) {
        check_zero(check, field, STI_OR_MOV_SS,
                   "MOV SS (bit 1), on some processors STI (bit 0), must be 0 when an NMI is "
                   "injected");
        check_rule(check, field,
                   !(check->pin & PIN_VIRTUAL_NMIS) || !(blocking & INTERRUPTIBILITY_NMI),
                   "NMI (bit 3) must be 0 when an NMI is injected with VIRTUAL_NMIS");
    }
    check_zero(check, field, INTERRUPTIBILITY_SMI, "SMI (bit 2) must be 0 outside SMM");
}

static void check_pending_debug(struct check *check, uint64_t activity, uint64_t blocking)
{
    const uint32_t field = VMCS_GUEST_PENDING_DEBUG;
    uint64_t pending = check_value(check, field);
    bool held = blocking & STI_OR_MOV_SS || activity == ACTIVITY_HLT;
    bool steps =
        check->rflags & RFLAGS_TF && !(check_value(check, VMCS_GUEST_DEBUGCTL) & DEBUGCTL_BTF);
    check_zero(check, field, PENDING_RESERVED, "reserved bits (63:17, 15, 13, 10:4) must be 0");
    if (held)
        check_rule(check, field, ((pending & PENDING_DEBUG_BS) != 0) == steps,
                   "while HLT, STI or MOV SS holds it back, BS (bit 14) must be 1 exactly if "
                   "RFLAGS.TF = 1 and IA32_DEBUGCTL.BTF = 0");
}

void check_guest_activity(struct check *check)
{
    uint64_t activity = check_value(check, VMCS_GUEST_ACTIVITY_STATE);
    uint64_t blocking = check_value(check, VMCS_GUEST_INTERRUPTIBILITY);
    check_activity(check, activity, blocking);
    check_interruptibility(check, blocking);
    check_pending_debug(check, activity, blocking);
    if (check_value(check, VMCS_LINK_POINTER) != VMCS_LINK_POINTER_NONE)
        check_page(check, VMCS_LINK_POINTER);
}
