/*
 * exits/virtualized_eoi.c: the guest has ended an interrupt whose bit in the EOI-exit bitmap is
 * set, exit reason 45: a level-triggered one, which the machine's APIC still has in service.
 * Source: SDM volume 3, "EOI Virtualization" (3C 30.1.4).
 */
#include "apic/apic.h"
#include "exits/exits.h"

enum exit_action exit_virtualized_eoi(struct vcpu *vcpu)
{
    apic_carry_out(vcpu, LAPIC_EOI_LEVEL);
    return EXIT_RESUME;
}
