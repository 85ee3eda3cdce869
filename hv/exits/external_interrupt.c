/*
 * exits/external_interrupt.c: an interrupt of the machine, exit reason 1. The exit may
 * have acknowledged it (apic/arrival.c). Then its vector is known, but not whose it is: the local
 * APIC's has a bit in its ISR.
 *
 * An edge-triggered one is over for the machine's APIC at once. A level-triggered one stays in
 * service there until the guest ends it, or its line would request it again.
 * Source: SDM volume 3, "Acknowledge Interrupt on Exit" in "VM-Exit Controls" (3C 25.7.1).
 */
#include "apic/apic.h"
#include "apic/physical.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

enum exit_action exit_external_interrupt(struct vcpu *vcpu)
{
    uint32_t interruption = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
    uint8_t vector = (uint8_t)interruption;
    bool level;

    inject_interrupted_event();
    if ((interruption & INTERRUPTION_VALID) == 0) {
        apic_interrupt_arrives(vcpu);
        return EXIT_RESUME;
    }
    apic_interrupt_acknowledged();
    vcpu->progress.repeats = 0; /* a processor that sleeps all the time wakes at one place */
    if (!physical_apic_in_service(vector)) {
        apic_request_extint(vcpu, vector);
        return EXIT_RESUME;
    }
    level = physical_apic_is_level(vector);
    if (!level)
        physical_apic_eoi();
    apic_request(vcpu, vector, level);
    return EXIT_RESUME;
}
