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
 *
 * With apic=posted on a processor that takes posted interrupts over, every exit acknowledges (SDM
 * volume 3, "VM-Execution Control Fields", 3C 27.2.1.1), and so a vector of the 8259 may have to
 * wait here. A guest that initializes the 8259s meanwhile has undone it: initialization clears the
 * in-service bit, and that tells. Source: Intel 8259A data sheet, "Operation Command Word 3" and
 * "Initialization Command Words".
 */
#include "apic/apic.h"
#include "apic/inbox.h"
#include "apic/physical.h"
#include "cpu/cpu.h"
#include "virt/inject.h"
#include "virt/virt.h"

/* Without virtual-interrupt delivery the page is not all of the truth: its reads must exit, and
 * some of the MSRs. */
void external_follow_mode(struct vcpu *vcpu)
{
    bool left = vcpu->external.left;

    if (apic_delivers())
        virt->set_control(APIC_REGISTER_VIRTUALIZATION, !left || lapic_is_x2apic(&vcpu->lapic));
    x2apic_follow_delivery(vcpu);
}

/* Interrupts must exit where the processor delivers virtual ones: both go, both come. */
static void leave_to_the_machine(struct vcpu *vcpu, bool left)
{
    vcpu->external.left = left;
    virt->set_control(EXTERNAL_INTERRUPT_EXITING, !left);
    if (apic_delivers())
        virt->set_control(VIRTUAL_INTERRUPT_DELIVERY, !left);
    external_follow_mode(vcpu);
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

void external_acknowledged(void)
{
    if (!posted_by_processor())
        virt->set_control(ACKNOWLEDGE_INTERRUPT_ON_EXIT, false);
}

/* The inputs that one of the 8259s has in service, a bit for each. */
static uint8_t pic_in_service(uint16_t pic)
{
    uint8_t inputs;

    out8(pic, PIC_READ_ISR);
    inputs = in8(pic);
    out8(pic, PIC_READ_IRR);
    return inputs;
}

/* Whether `vector`, acknowledged from the 8259s, is in service there. Each of the two has eight
 * inputs, and gives them vectors with the same low bits. */
static bool pic_serves(uint8_t vector)
{
    uint32_t inputs = pic_in_service(PORT_PIC1_COMMAND) | pic_in_service(PORT_PIC2_COMMAND);

    return (inputs >> (vector & 7) & 1) != 0;
}

/* What had to wait because it cannot be left with the 8259. */
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
