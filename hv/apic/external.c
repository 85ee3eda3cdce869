/*
 * apic/external.c: an interrupt of the machine exits, but is it to be acknowledged now?
 *
 * An acknowledged vector cannot be given back. The APIC's may wait in the guest's IRR. The 8259's
 * must not wait anywhere: a guest that has interrupts off may mask the 8259 or give it new vectors,
 * and would get an interrupt that it has just undone. Linux does, and dies of a vector 8 that is no
 * double fault. So the exit acknowledges nothing ("acknowledge interrupt on exit" is off) until
 * the guest can take an interrupt or the APIC has one. Until then interrupts are left to the
 * machine, with the guest's IF to mask them, and the processor exits when IF is 1: SDM volume 3,
 * "Other Causes of VM Exits" (3C 26.2): that exit comes before the interrupts.
 */
#include "apic/apic.h"
#include "apic/physical.h"
#include "apic/pic.h"
#include "apic/posted.h"
#include "virt/inject.h"
#include "virt/virt.h"

/* Interrupts must exit where the processor delivers virtual ones: both go, both come. */
static void leave_to_the_machine(struct vcpu *vcpu, bool left)
{
    vcpu->external.left = left;
    virt->set_control(EXTERNAL_INTERRUPT_EXITING, !left);
    if (apic_delivers())
        virt->set_control(VIRTUAL_INTERRUPT_DELIVERY, !left);
    x2apic_follow_delivery(vcpu, !left);
}

/* With acknowledging on, the next entry exits at once, this time with the vector. */
void external_arrives(struct vcpu *vcpu)
{
    if (inject_can_interrupt() || physical_apic_offers()) {
        virt->set_control(ACKNOWLEDGE_INTERRUPT_ON_EXIT, true);
    } else {
        leave_to_the_machine(vcpu, true);
        apic_update(vcpu);
    }
}

/* A processor that takes posted interrupts over acknowledges at every exit, and so the 8259's may
 * have to wait. */
void external_acknowledged(void)
{
    if (!posted_by_processor())
        virt->set_control(ACKNOWLEDGE_INTERRUPT_ON_EXIT, false);
}

/* What had to wait because it cannot be left with the 8259: pic.c. */
static void drop_undone(struct external_state *external)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < external->extint_count; i++) {
        if (pic_serves(external->extint[i]))
            external->extint[kept++] = external->extint[i];
    }
    external->extint_count = kept;
}

/* What was left to the machine exits again, if it is still there: the guest may have masked it. */
void external_window_opens(struct vcpu *vcpu)
{
    if (vcpu->external.left)
        leave_to_the_machine(vcpu, false);
    if (posted_by_processor())
        drop_undone(&vcpu->external);
    apic_update(vcpu);
}
