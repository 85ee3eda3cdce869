/*
 * apic/posted.c: apic=posted. As x2apic, and interrupts for a vCPU are posted: whoever has one sets
 * its bit in the vCPU's descriptor and sends a notification. A processor that runs the guest takes
 * posted interrupts over without an exit. One that cannot (Bochs 2.7) has them drained here before
 * the next entry: the same descriptor, one exit more.
 * Source: SDM volume 3, "Posted-Interrupt Processing" (3C 30.6).
 */
#include "apic/apic.h"
#include "apic/physical.h"
#include "console/log.h"
#include "machine.h"
#include "mem/pages.h"
#include "vmx/capabilities.h"
#include "vmx/vmcs.h"

#define NOTIFICATION_VECTOR 0xF2
#define OUTSTANDING         0x1u /* "outstanding notification" */

struct posted_descriptor { /* 64 bytes, aligned: SDM, "Posted-Interrupt Descriptor" (30.6) */
    uint32_t requests[8];  /* a bit for each vector */
    uint32_t control;
    uint32_t reserved[7];
};

const struct apic_way apic_posted = {
    .name = "posted",
    .proc = PROC_USE_TPR_SHADOW,
    .proc2 = PROC2_VIRTUALIZE_APIC_ACCESSES | PROC2_VIRTUALIZE_X2APIC_MODE |
             PROC2_APIC_REGISTER_VIRTUALIZATION | PROC2_VIRTUAL_INTERRUPT_DELIVERY,
    .page_access = EPT_READ_WRITE,
    .x2apic = true,
};

static bool is_taken_over(void)
{
    return (vmx_capabilities.pin >> 32 & PIN_PROCESS_POSTED_INTERRUPTS) != 0;
}

void posted_open(struct vcpu *vcpu)
{
    vcpu->posted = pages_alloc(1);
    if (!is_taken_over()) {
        log_info("apic: this processor lacks \"process posted interrupts\": the descriptor is "
                 "drained in software");
        return;
    }
    vmcs_set(VMCS_PIN_CONTROLS, PIN_PROCESS_POSTED_INTERRUPTS);
    vmcs_set(VMCS_EXIT_CONTROLS, EXITCTL_ACKNOWLEDGE_INTERRUPT); /* the processor insists */
    vmcs_write(VMCS_POSTED_INTERRUPT_VECTOR, NOTIFICATION_VECTOR);
    vmcs_write(VMCS_POSTED_INTERRUPT_DESCRIPTOR, physical_address(vcpu->posted));
}

bool posted_notify(const struct vcpu *to)
{
    if (to->posted == NULL || !is_taken_over())
        return false;
    physical_apic_send(to->apic_id, NOTIFICATION_VECTOR);
    return true;
}

void posted_request(struct vcpu *vcpu, uint8_t vector)
{
    struct posted_descriptor *descriptor = vcpu->posted;

    /* Another processor may post at the same time: hence the atomic operations. */
    __atomic_fetch_or(&descriptor->requests[vector / 32], 1u << vector % 32, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&descriptor->control, OUTSTANDING, __ATOMIC_SEQ_CST);
}

void posted_drain(struct vcpu *vcpu)
{
    struct posted_descriptor *descriptor = vcpu->posted;

    __atomic_fetch_and(&descriptor->control, ~OUTSTANDING, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t requests = __atomic_exchange_n(&descriptor->requests[i], 0, __ATOMIC_SEQ_CST);

        vcpu->lapic.page[(LAPIC_IRR + i * 16) / 4] |= requests;
    }
}
