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
#include "cpu/cpu.h"
#include "machine.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define WINDOW   (PROC_INTERRUPT_WINDOW_EXITING | PROC_HLT_EXITING)
#define CLASS(v) ((uint32_t)(v) >> 4)
#define RVI(s)   ((uint8_t)(s))

bool apic_delivers(void)
{
    return apic_way != NULL && (apic_way->proc2 & PROC2_VIRTUAL_INTERRUPT_DELIVERY);
}

bool apic_guest_is_interruptible(void)
{
    uint64_t shadow = INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS;

    return (vmcs_read_proven(VMCS_GUEST_RFLAGS) & RFLAGS_IF) != 0 &&
           (vmcs_read_proven(VMCS_GUEST_INTERRUPTIBILITY) & shadow) == 0 && !inject_is_pending();
}

/* The next vector of those that wait, which is taken. The 8259's last one first: it gives another
 * vector only for something more urgent. */
static int next_vector(struct vcpu *vcpu)
{
    if (vcpu->extint_count > 0)
        return vcpu->extint[--vcpu->extint_count];
    return lapic_deliver(&vcpu->lapic);
}

static bool something_waits(struct vcpu *vcpu)
{
    return vcpu->extint_count > 0 ||
           (!apic_delivers() && lapic_deliverable(&vcpu->lapic) != LAPIC_NO_VECTOR);
}

/* Virtual-interrupt delivery would wait for RFLAGS.IF by itself, but Bochs 2.7 hands over what
 * waits there as soon as an interrupt of the machine comes, whatever IF is. It recognizes none
 * while the window is asked for: SDM volume 3, "Evaluation of Pending Virtual Interrupts"
 * (3C 30.2.1). */
static bool must_be_held_back(struct vcpu *vcpu)
{
    return lapic_deliverable(&vcpu->lapic) != LAPIC_NO_VECTOR && !apic_guest_is_interruptible();
}

/* HLT exits as well meanwhile: Bochs 2.7 does not open the window for a guest that sleeps behind
 * STI (docs/apic.md). */
static void ask_for_window(bool wanted)
{
    uint64_t before = vmcs_read_proven(VMCS_PRIMARY_PROC_CONTROLS);
    uint64_t after = wanted            ? before | WINDOW
                     : apic_delivers() ? before & ~(uint64_t)PROC_INTERRUPT_WINDOW_EXITING
                                       : before & ~(uint64_t)WINDOW;

    if (after != before)
        vmcs_write(VMCS_PRIMARY_PROC_CONTROLS, after);
}

static uint64_t vector_or_0(int vector)
{
    return vector == LAPIC_NO_VECTOR ? 0 : (uint64_t)vector;
}

/* RVI and SVI: the highest vectors in IRR and ISR. */
static void tell_processor(struct vcpu *vcpu)
{
    vmcs_write(VMCS_GUEST_INTERRUPT_STATUS, vector_or_0(lapic_highest_in_service(&vcpu->lapic))
                                                    << 8 |
                                                vector_or_0(lapic_highest_requested(&vcpu->lapic)));
}

/* Tells the processor below which class a write of TPR must exit now: lapic.h computes it.
 * bug=no-threshold: it is not told, and a guest that lowers its TPR without an exit is not noticed.
 */
static void set_threshold(struct vcpu *vcpu)
{
    if (machine.options.bug != BUG_NO_THRESHOLD)
        vmcs_write(VMCS_TPR_THRESHOLD, lapic_tpr_threshold(&vcpu->lapic));
}

uint32_t apic_threshold(void)
{
    bool used = apic_way != NULL && (apic_way->proc & PROC_USE_TPR_SHADOW) && !apic_delivers();

    return used ? (uint32_t)vmcs_read(VMCS_TPR_THRESHOLD) : 0;
}

void apic_update(struct vcpu *vcpu)
{
    bool waits = something_waits(vcpu);

    if (waits && apic_guest_is_interruptible()) {
        inject_interrupt((uint8_t)next_vector(vcpu));
        vmcs_write(VMCS_GUEST_ACTIVITY_STATE, ACTIVITY_ACTIVE); /* it may have slept */
        waits = something_waits(vcpu);
    }
    ask_for_window(waits || vcpu->arrivals_left || (apic_delivers() && must_be_held_back(vcpu)));
    if (apic_delivers())
        tell_processor(vcpu);
    else if (apic_way->proc & PROC_USE_TPR_SHADOW)
        set_threshold(vcpu);
}

static void exit_at_eoi(uint8_t vector, bool on)
{
    uint32_t field = VMCS_EOI_EXIT_BITMAP_0 + vector / 64 * 2u;
    uint64_t bit = 1ull << vector % 64;

    if (on)
        vmcs_set(field, bit);
    else
        vmcs_clear(field, bit);
}

void apic_request(struct vcpu *vcpu, uint8_t vector, bool level)
{
    if (apic_delivers())
        exit_at_eoi(vector, level);
    apic_carry_out(vcpu, lapic_request(&vcpu->lapic, vector, level));
}

void apic_request_extint(struct vcpu *vcpu, uint8_t vector)
{
    if (vcpu->extint_count < EXTINT_MAX)
        vcpu->extint[vcpu->extint_count++] = vector;
    apic_update(vcpu);
}

bool apic_is_waiting(struct vcpu *vcpu)
{
    if (vcpu->arrivals_left)
        return true;
    if (!apic_delivers())
        return something_waits(vcpu);
    return vcpu->extint_count > 0 ||
           CLASS(RVI(vmcs_read(VMCS_GUEST_INTERRUPT_STATUS))) > CLASS(lapic_ppr(&vcpu->lapic));
}
