/*
 * quirks.c: what emulators do against the manual. The header says which, and the rule.
 */
#include "quirks.h"
#include "cpu/event.h"
#include "cpu/x86.h"
#include "host/tables.h"
#include "machine.h"
#include "virt/guest.h"
#include "virt/inject.h"
#include "virt/virt.h"

uint32_t quirk_error_code_in_real_mode(uint32_t info)
{
    return guest_read(GUEST_CR0) & CR0_PE ? info : info & ~INTERRUPTION_ERROR_CODE;
}

void quirk_early_step_trap(void)
{
    uint32_t blocked = BLOCKING_STI | BLOCKING_MOV_SS;

    if ((guest_read(GUEST_PENDING_DEBUG) & DR6_BS) &&
        (guest_read(GUEST_INTERRUPTIBILITY) & blocked) == 0)
        guest_clear(GUEST_PENDING_DEBUG, DR6_BS);
}

void quirk_event_is_a_virtual_interrupt(struct interrupted_event *event, bool its_gate)
{
    if (!its_gate)
        *event = (struct interrupted_event){.is_external = true};
}

uint64_t quirk_interrupt_sets_rf(const struct interrupted_event *event, uint64_t rflags)
{
    return event->is_external && !event->is_exception ? rflags & ~RFLAGS_RF : rflags;
}

bool quirk_exits_before_privilege(void)
{
    return (guest_read(GUEST_SS_RIGHTS) & AR_DPL) != 0;
}

void quirk_delivery_does_not_wake(void)
{
    virt->set_control(HLT_EXITING, true);
}

void quirk_request_does_not_wake(struct vcpu *vcpu)
{
    if (lapic_deliverable(&vcpu->lapic) != LAPIC_NO_VECTOR && inject_can_interrupt())
        guest_write(GUEST_ACTIVITY, SLEEP_NOT);
}

void quirk_window_is_shut_in_hlt(bool wanted)
{
    virt->set_control(HLT_EXITING, wanted || machine.cpus > 1);
}

bool quirk_delivery_ignores_if(struct vcpu *vcpu)
{
    return lapic_deliverable(&vcpu->lapic) != LAPIC_NO_VECTOR && !inject_can_interrupt();
}

void quirk_nmi_wakes_from_hlt(void)
{
    virt->set_control(HLT_EXITING, true);
}

void quirk_falls_asleep(struct vcpu *vcpu, uint64_t rip)
{
    vcpu->quirks.hlt_exits = vcpu_exits_total(vcpu);
    vcpu->quirks.hlt_rip = rip;
}

/* With no exit after that of HLT but this one, the guest has executed nothing since. If it is
 * elsewhere all the same, an INIT and a SIPI have come now. */
bool quirk_nmi_has_woken(struct vcpu *vcpu)
{
    struct quirks_state *quirks = &vcpu->quirks;
    bool slept = quirks->hlt_rip != 0 && vcpu_exits_total(vcpu) == quirks->hlt_exits + 1;

    if (vcpu->init.waits_for_sipi)
        return true;
    if (!slept || inject_is_pending() || guest_read(GUEST_RIP) != quirks->hlt_rip)
        return false;
    quirks->hlt_exits++; /* it goes on sleeping */
    return true;
}

/* Not every instruction exits: neither the number of exits nor RIP alone would tell. The exit that
 * is being handled is counted already. */
bool quirk_sticky_init(const struct vcpu *vcpu)
{
    return vcpu->quirks.init_exits != 0 && vcpu_exits_total(vcpu) == vcpu->quirks.init_exits + 1 &&
           guest_read(GUEST_RIP) == vcpu->quirks.init_rip;
}

void quirk_init_came(struct vcpu *vcpu)
{
    vcpu->quirks.init_exits = vcpu_exits_total(vcpu);
    vcpu->quirks.init_rip = guest_read(GUEST_RIP);
}

void quirk_sipi_leaves_blocking(struct vcpu *vcpu)
{
    tables_unblock_nmis();
    if (guest_read(GUEST_INTERRUPTIBILITY) & BLOCKING_SMI)
        vcpu->quirks.smis_stay_blocked = true;
    guest_write(GUEST_INTERRUPTIBILITY, 0);
}

void quirk_entry_keeps_nmis_blocked(void)
{
    guest_clear(GUEST_INTERRUPTIBILITY, BLOCKING_NMI);
}

bool quirk_smis_stay_blocked(const struct vcpu *vcpu)
{
    if (vcpu->quirks.smis_stay_blocked)
        guest_clear(GUEST_INTERRUPTIBILITY, BLOCKING_SMI);
    return vcpu->quirks.smis_stay_blocked;
}
