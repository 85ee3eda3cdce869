/*
 * apic/ipi.c: who gets what the guest's ICR asks for.
 */
#include "apic/apic.h"
#include "apic/inbox.h"
#include "console/log.h"
#include "machine.h"

static void deliver(struct vcpu *from, struct vcpu *to, const struct lapic_ipi *ipi)
{
    switch (ipi->delivery) {
    case LAPIC_FIXED:
    case LAPIC_LOWEST_PRIORITY:
        if (to == from)
            apic_request(to, ipi->vector, false);
        else
            posted_request(from, to, ipi->vector);
        break;
    case LAPIC_NMI:
        inbox_post(from, to, NOTE_NMI);
        break;
    case LAPIC_INIT:
        inbox_post(from, to, NOTE_INIT);
        break;
    case LAPIC_STARTUP:
        inbox_post(from, to, NOTE_STARTUP | NOTE_STARTUP_VECTOR(ipi->vector));
        break;
    default:
        log_warn("apic: an IPI with delivery mode %u is not emulated, and dropped",
                 (uint32_t)ipi->delivery);
    }
}

static uint32_t tpr_of(const struct vcpu *vcpu)
{
    return vcpu->lapic.page[LAPIC_TPR / 4];
}

/* "Lowest priority" goes to one of those it could go to, the one with the lowest TPR. */
void ipi_send(struct vcpu *vcpu)
{
    struct lapic_ipi ipi = lapic_ipi(&vcpu->lapic);
    struct vcpu *best = NULL;

    for (uint32_t i = 0; i < machine.cpus; i++) {
        struct vcpu *to = &vcpus[i];

        if (!lapic_ipi_reaches(&ipi, &vcpu->lapic, &to->lapic))
            continue;
        if (ipi.delivery != LAPIC_LOWEST_PRIORITY)
            deliver(vcpu, to, &ipi);
        else if (best == NULL || tpr_of(to) < tpr_of(best))
            best = to;
    }
    if (best != NULL)
        deliver(vcpu, best, &ipi);
}
