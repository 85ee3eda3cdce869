/*
 * apic/ipi.c: see ipi.h.
 */
#include "apic/ipi.h"
#include "apic/apic.h"
#include "console/log.h"

/* INIT and SIPI are not for a processor that runs: its own INIT would be the guest's reset. */
static void arrive(struct vcpu *target, const struct lapic_ipi *ipi)
{
    switch (ipi->delivery) {
    case LAPIC_FIXED:
    case LAPIC_LOWEST_PRIORITY:
        apic_request(target, ipi->vector, false);
        break;
    case LAPIC_NMI:
        target->nmi_pending = true;
        exit_offer_nmi(target);
        break;
    default:
        log_warn("apic: an IPI with delivery mode %u is not emulated yet, and dropped",
                 (uint32_t)ipi->delivery);
    }
}

void ipi_send(struct vcpu *vcpu)
{
    struct lapic_ipi ipi = lapic_ipi(&vcpu->lapic);

    if (lapic_ipi_reaches(&ipi, &vcpu->lapic, &vcpu->lapic))
        arrive(vcpu, &ipi);
    else
        log_debug("apic: an IPI to other processors, vector %x, is dropped", ipi.vector);
}
