/*
 * apic/deliver.c: interrupts on their way to the guest.
 *
 * Two kinds wait. The APIC's are bits in its IRR, and the priority rule says whether one may go.
 * The 8259's (ExtINT) come with a vector that has been acknowledged and go first. Both need a guest
 * that is interruptible; if it is not, the processor exits when it is: SDM volume 3,
 * "Interrupt-Window Exiting and Virtual-Interrupt Delivery" (3C 26.5.6). With virtual-interrupt
 * delivery the APIC's kind is the processor's business, and RVI tells it.
 */
#include "apic/apic.h"
#include "machine.h"
#include "quirks.h"
#include "virt/guest.h"
#include "virt/inject.h"
#include "virt/virt.h"

bool apic_delivers(void)
{
    return apic_mode != NULL && apic_mode->virtual.delivery;
}

/* The next vector of those that wait, which is taken. The 8259's last one first: it gives another
 * vector only for something more urgent. */
static int next_vector(struct vcpu *vcpu)
{
    if (vcpu->external.extint_count > 0)
        return vcpu->external.extint[--vcpu->external.extint_count];
    return lapic_deliver(&vcpu->lapic);
}

static bool something_waits(struct vcpu *vcpu)
{
    return vcpu->external.extint_count > 0 ||
           (!apic_delivers() && lapic_deliverable(&vcpu->lapic) != LAPIC_NO_VECTOR);
}

static void ask_for_window(struct vcpu *vcpu, bool wanted)
{
    if (wanted == vcpu->external.window)
        return;
    vcpu->external.window = wanted;
    virt->set_control(INTERRUPT_WINDOW_EXITING, wanted);
    if (!apic_delivers()) /* else HLT exits all the time */
        quirk_window_is_shut_in_hlt(wanted);
}

static uint8_t vector_or_0(int vector)
{
    return vector == LAPIC_NO_VECTOR ? 0 : (uint8_t)vector;
}

/* RVI and SVI: the highest vectors in IRR and ISR. */
static void tell_processor(struct vcpu *vcpu)
{
    uint32_t rvi = vector_or_0(lapic_highest_requested(&vcpu->lapic));
    uint32_t svi = vector_or_0(lapic_highest_in_service(&vcpu->lapic));

    guest_write(GUEST_INTERRUPT_STATUS, svi << 8 | rvi);
}

/* Tells the processor below which class a write of TPR must exit now: lapic.h computes it.
 * bug=no-threshold: it is not told, and a guest that lowers its TPR without an exit is not noticed.
 */
static void set_threshold(struct vcpu *vcpu)
{
    if (machine.options.bug != BUG_NO_THRESHOLD)
        virt->exit_when_tpr_below(lapic_tpr_threshold(&vcpu->lapic));
}

uint32_t apic_threshold(void)
{
    bool used = apic_mode != NULL && apic_mode->virtual.tpr_shadow && !apic_delivers();

    return used ? (uint32_t)guest_read(GUEST_TPR_THRESHOLD) : 0;
}

void apic_update(struct vcpu *vcpu)
{
    bool waits = something_waits(vcpu);

    if (waits && inject_can_interrupt()) {
        inject_interrupt((uint8_t)next_vector(vcpu));
        guest_write(GUEST_ACTIVITY, SLEEP_NOT); /* it may have slept */
        waits = something_waits(vcpu);
    }
    ask_for_window(vcpu, waits || vcpu->external.left ||
                             (apic_delivers() && quirk_delivery_ignores_if(vcpu)));
    if (apic_delivers()) {
        tell_processor(vcpu);
        quirk_request_does_not_wake(vcpu);
    } else if (apic_mode->virtual.tpr_shadow) {
        set_threshold(vcpu);
    }
}

void apic_request(struct vcpu *vcpu, uint8_t vector, bool level)
{
    if (apic_delivers())
        virt->exit_at_eoi(vector, level);
    apic_carry_out(vcpu, lapic_request(&vcpu->lapic, vector, level));
}

void apic_request_extint(struct vcpu *vcpu, uint8_t vector)
{
    if (vcpu->external.extint_count < EXTINT_MAX)
        vcpu->external.extint[vcpu->external.extint_count++] = vector;
    apic_update(vcpu);
}

bool apic_is_waiting(struct vcpu *vcpu)
{
    return vcpu->external.left || vcpu->external.extint_count > 0 ||
           lapic_deliverable(&vcpu->lapic) != LAPIC_NO_VECTOR;
}
