/*
 * apic/x2apic.c: apic=x2apic. As apicv, until the guest sets IA32_APIC_BASE.EXTD. Then its APIC is
 * a set of MSRs: what the processor virtualizes of them is switched on in the MSR bitmap, and the
 * rest exits as RDMSR and WRMSR.
 * Source: SDM volume 3, "Virtualizing MSR-Based APIC Accesses" (3C 30.5).
 */
#include "apic/apic.h"
#include "cpu/msr.h"
#include "virt/virt.h"

const struct apic_mode apic_x2apic = {
    .name = "x2apic",
    .virtual = {.tpr_shadow = true,
                .page_accesses = true,
                .registers = true,
                .delivery = true,
                .x2apic = true},
    .page_access = EPT_READ_WRITE,
};

/* A read that is virtualized takes eight bytes of the page, whatever they are. So the model is
 * asked which registers there are: none outside x2APIC mode. And the current count is not in the
 * page. */
static bool may_read(struct lapic *lapic, uint32_t msr)
{
    uint64_t value;

    return msr != MSR_X2APIC_FIRST + LAPIC_CURRENT_COUNT / 16 && lapic_read_msr(lapic, msr, &value);
}

/* Without delivery the page is not all of the truth: TPR changes without PPR, and IRR lacks what
 * the machine has. */
void x2apic_follow_delivery(struct vcpu *vcpu)
{
    bool trap = vcpu->external.left || !lapic_is_x2apic(&vcpu->lapic);

    virt->trap_msr(vcpu, MSR_X2APIC_FIRST + LAPIC_PPR / 16, trap, true);
    for (uint32_t i = 0; i < 8; i++)
        virt->trap_msr(vcpu, MSR_X2APIC_FIRST + LAPIC_IRR / 16 + i, trap, true);
    virt->trap_msr(vcpu, MSR_X2APIC_FIRST + LAPIC_EOI / 16, true, trap);
    virt->trap_msr(vcpu, MSR_X2APIC_FIRST + LAPIC_SELF_IPI / 16, true, trap);
}

/* Of the writes, that of TPR is virtualized in any case; the rest is x2apic_follow_delivery()'s,
 * which comes after it. */
void x2apic_follow_mode(struct vcpu *vcpu)
{
    bool on = lapic_is_x2apic(&vcpu->lapic);

    virt->apic_follow_mode(&apic_mode->virtual, on);
    for (uint32_t msr = MSR_X2APIC_FIRST; msr <= MSR_X2APIC_LAST; msr++) {
        bool is_tpr = msr == MSR_X2APIC_FIRST + LAPIC_TPR / 16;

        virt->trap_msr(vcpu, msr, !may_read(&vcpu->lapic, msr), !(on && is_tpr));
    }
}
