/*
 * apic/inbox.c: leaving notes for another processor. init/read_inbox.c reads them there.
 */
#include "apic/inbox.h"
#include "apic/apic.h"
#include "apic/physical.h"
#include "machine.h"
#include "virt/virt.h"

static void tell(struct vcpu *from, struct vcpu *to)
{
    if (from == to) {
        virt->exit_soon(true);
    } else {
        __atomic_fetch_add(&to->inbox.nmis, 1, __ATOMIC_SEQ_CST);
        physical_apic_send(to->apic_id, LAPIC_ICR_NMI);
    }
}

void inbox_post(struct vcpu *from, struct vcpu *to, uint32_t note)
{
    uint32_t before = __atomic_load_n(&to->inbox.notes, __ATOMIC_RELAXED), after;

    if (apic_mode == NULL && to->init.waits_for_sipi)
        return; /* no NMI would get through: exits/sipi.c does what there is to do */
    do {
        after = before | note;
        if (note & NOTE_INIT) /* a SIPI from before would come too late */
            after &= ~(NOTE_STARTUP | NOTE_STARTUP_VECTOR(0xFF));
        if ((note & NOTE_STARTUP) && (before & NOTE_STARTUP))
            after = before; /* the first one counts */
    } while (!__atomic_compare_exchange_n(&to->inbox.notes, &before, after, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    if (before == 0) /* else it is on its way already */
        tell(from, to);
}

void inbox_post_others(struct vcpu *from, uint32_t note)
{
    for (uint32_t i = 0; i < machine.cpus; i++)
        if (&vcpus[i] != from)
            inbox_post(from, &vcpus[i], note);
}

/* The notes may be gone: an NMI before this one has brought them. That makes it none of the
 * guest's. */
bool inbox_owns_nmi(struct vcpu *vcpu)
{
    if (vcpu->inbox.nmis == 0)
        return false;
    __atomic_fetch_sub(&vcpu->inbox.nmis, 1, __ATOMIC_SEQ_CST);
    return true;
}
