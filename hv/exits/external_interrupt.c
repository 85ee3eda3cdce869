/*
 * exits/external_interrupt.c: an interrupt of the machine, exit reason 1. The exit may
 * have acknowledged it (apic/external.c). Then its vector is known, but not whose it is: the local
 * APIC's has a bit in its ISR.
 *
 * An edge-triggered one is over for the machine's APIC at once. A level-triggered one stays in
 * service there until the guest ends it, or its line would request it again.
 * Source: SDM volume 3, "Acknowledge Interrupt on Exit" in "VM-Exit Controls" (3C 25.7.1).
 */
#include "apic/apic.h"
#include "apic/physical.h"
#include "exits/exits.h"
#include "virt/inject.h"
#include "virt/repeat.h"
#include "virt/virt.h"

enum exit_action exit_external_interrupt(struct vcpu *vcpu)
{
    struct exit_event event = virt->exit_event();
    bool level;

    inject_interrupted_event();
    if (!event.known) {
        external_arrives(vcpu);
        return EXIT_RESUME;
    }
    external_acknowledged();
    repeat_forgive(vcpu); /* a processor that sleeps all the time wakes at one place */
    if (!physical_apic_has(LAPIC_ISR, event.vector)) {
        apic_request_extint(vcpu, event.vector);
        return EXIT_RESUME;
    }
    level = physical_apic_has(LAPIC_TMR, event.vector);
    if (!level)
        physical_apic_eoi();
    apic_request(vcpu, event.vector, level);
    return EXIT_RESUME;
}
