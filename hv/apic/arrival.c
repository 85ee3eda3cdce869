/*
 * apic/arrival.c: an interrupt of the machine exits, but is it to be acknowledged now?
 *
 * An acknowledged vector cannot be given back. The APIC's may wait in the guest's IRR. The 8259's
 * must not wait anywhere: a guest that has interrupts off may mask the 8259 or give it new vectors,
 * and would get what it has just done away with. Linux does, and dies of a vector 8 that is no
 * double fault. So the exit acknowledges nothing ("acknowledge interrupt on exit" is off) until
 * the guest can take an interrupt or the APIC has one. Until then interrupts are left to the
 * machine, with the guest's IF to mask them, and the processor exits when IF is 1: SDM volume 3,
 * "Other Causes of VM Exits" (3C 26.2): that exit comes before the interrupts.
 */
#include "apic/apic.h"
#include "apic/physical.h"
#include "apic/x2apic.h"
#include "vmx/vmcs.h"

/* External-interrupt exiting is needed for virtual-interrupt delivery: both go, both come. */
static void leave_to_the_machine(struct vcpu *vcpu, bool left)
{
    vcpu->arrivals_left = left;
    if (left) {
        vmcs_clear(VMCS_PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT_EXITING);
        vmcs_clear(VMCS_SECONDARY_PROC_CONTROLS, PROC2_VIRTUAL_INTERRUPT_DELIVERY);
    } else {
        vmcs_set(VMCS_PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT_EXITING);
        vmcs_set(VMCS_SECONDARY_PROC_CONTROLS, apic_way->proc2 & PROC2_VIRTUAL_INTERRUPT_DELIVERY);
    }
    x2apic_follow_delivery(vcpu, !left);
}

/* With the control on, the next entry exits at once, this time with the vector. */
void apic_interrupt_arrives(struct vcpu *vcpu)
{
    if (apic_guest_is_interruptible() || physical_apic_offers()) {
        vmcs_set(VMCS_EXIT_CONTROLS, EXITCTL_ACKNOWLEDGE_INTERRUPT);
    } else {
        leave_to_the_machine(vcpu, true);
        apic_update(vcpu);
    }
}

/* Posted-interrupt processing needs the control all the time (27.2.1.1), and so accepts that the
 * 8259's may have to wait. */
static bool always_acknowledges(void)
{
    return (vmcs_read(VMCS_PIN_CONTROLS) & PIN_PROCESS_POSTED_INTERRUPTS) != 0;
}

void apic_interrupt_acknowledged(void)
{
    if (!always_acknowledges())
        vmcs_clear(VMCS_EXIT_CONTROLS, EXITCTL_ACKNOWLEDGE_INTERRUPT);
}

/* What had to wait because it cannot be left with the 8259: pic.c. */
static void drop_undone(struct vcpu *vcpu)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < vcpu->extint_count; i++) {
        if (pic_serves(vcpu->extint[i]))
            vcpu->extint[kept++] = vcpu->extint[i];
    }
    vcpu->extint_count = kept;
}

/* What was left to the machine exits again, if it is still there: the guest may have masked it. */
void apic_window_opens(struct vcpu *vcpu)
{
    if (vcpu->arrivals_left)
        leave_to_the_machine(vcpu, false);
    if (always_acknowledges())
        drop_undone(vcpu);
    apic_update(vcpu);
}
