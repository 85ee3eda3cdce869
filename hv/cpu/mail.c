/*
 * cpu/mail.c: see mail.h.
 */
#include "cpu/mail.h"
#include "apic/apic.h"
#include "apic/physical.h"
#include "apic/posted.h"
#include "exits/exits.h"
#include "guest/restart.h"
#include "init/init.h"
#include "machine.h"
#include "vmx/vmcs.h"

void mail_open(struct vcpu *vcpu)
{
    if (machine.cpus > 1) {
        vmcs_set(VMCS_PIN_CONTROLS, PIN_NMI_EXITING | PIN_VIRTUAL_NMIS | PIN_PREEMPTION_TIMER);
        exit_no_more_before_next_instruction();
    }
    __atomic_store_n(&vcpu->takes_nmis, true, __ATOMIC_RELEASE);
}

static void deliver(struct vcpu *from, struct vcpu *to)
{
    if (from == to) {
        exit_before_next_instruction();
    } else {
        __atomic_fetch_add(&to->mail_nmis, 1, __ATOMIC_SEQ_CST);
        physical_apic_send(to->apic_id, IPI_NMI);
    }
}

void mail_post(struct vcpu *from, struct vcpu *to, uint32_t what)
{
    uint32_t before = __atomic_load_n(&to->mail, __ATOMIC_RELAXED), after;

    if (apic_way == NULL && to->waits_for_sipi)
        return; /* no NMI would get through, and there is no other mail than INIT */
    do {
        after = before | what;
        if (what & MAIL_INIT) /* a SIPI from before would come too late */
            after &= ~(MAIL_STARTUP | MAIL_STARTUP_VECTOR(0xFF));
        if ((what & MAIL_STARTUP) && (before & MAIL_STARTUP))
            after = before; /* the first one counts */
    } while (!__atomic_compare_exchange_n(&to->mail, &before, after, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    if (before == 0) /* else it is on its way already */
        deliver(from, to);
}

/* The mail may be gone: an NMI before this one has brought it. That makes it none of the guest's.
 */
bool mail_owns_nmi(struct vcpu *vcpu)
{
    if (vcpu->mail_nmis == 0)
        return false;
    __atomic_fetch_sub(&vcpu->mail_nmis, 1, __ATOMIC_SEQ_CST);
    return true;
}

void mail_post_fixed(struct vcpu *from, struct vcpu *to, uint8_t vector)
{
    if (!posted_request(to, vector))
        mail_post(from, to, MAIL_FIXED);
}

void mail_read(struct vcpu *vcpu)
{
    uint32_t mail;

    exit_no_more_before_next_instruction();
    mail = __atomic_exchange_n(&vcpu->mail, 0, __ATOMIC_SEQ_CST);
    if (mail != 0)
        vcpu->progress.repeats = 0; /* the guest may be where it was: it was not its doing */
    if (mail & MAIL_FIXED)
        posted_take(vcpu);
    if ((mail & MAIL_NMI) && !vcpu->waits_for_sipi) {
        vcpu->nmi_pending = true;
        exit_offer_nmi(vcpu);
    }
    if (mail & MAIL_INIT)
        init_receive(vcpu);
    if (mail & MAIL_STARTUP)
        init_receive_sipi(vcpu, (uint8_t)(mail >> 8));
    if (mail & MAIL_RESTART)
        guest_restart_here(vcpu);
    if (vcpu->waits_for_sipi)
        init_sleep(); /* the NMI has woken it in Bochs 2.7 */
}
