/*
 * apic/posted.c: apic=posted. As x2apic, and interrupts for a vCPU are posted: whoever has one sets
 * its bit in the vCPU's descriptor and sends a notification. A processor that runs the guest takes
 * posted interrupts over without an exit. One that cannot (Bochs 2.7) has them drained here before
 * the next entry: the same descriptor, one exit more.
 * Source: SDM volume 3, "Posted-Interrupt Processing" (3C 30.6).
 */
#include "apic/posted.h"
#include "apic/apic.h"
#include "apic/physical.h"
#include "console/log.h"
#include "machine.h"
#include "vmx/capabilities.h"
#include "vmx/vmcs.h"

#define NOTIFICATION_VECTOR 0xF2
#define OUTSTANDING         0x1u /* "outstanding notification" */

_Static_assert(sizeof(struct posted_descriptor) == 64, "SDM: Posted-Interrupt Descriptor");

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
    if (!is_taken_over()) {
        log_info("apic: this processor lacks \"process posted interrupts\": the descriptor is "
                 "drained in software");
        return;
    }
    vmcs_set(VMCS_PIN_CONTROLS, PIN_PROCESS_POSTED_INTERRUPTS);
    vmcs_set(VMCS_EXIT_CONTROLS, EXITCTL_ACKNOWLEDGE_INTERRUPT); /* the processor insists */
    vmcs_write(VMCS_POSTED_INTERRUPT_VECTOR, NOTIFICATION_VECTOR);
    vmcs_write(VMCS_POSTED_INTERRUPT_DESCRIPTOR, physical_address(&vcpu->posted));
}

bool posted_request(struct vcpu *to, uint8_t vector)
{
    bool notifies = apic_way == &apic_posted && is_taken_over();

    /* Another processor may post at the same time: hence the atomic operations. */
    __atomic_fetch_or(&to->posted.requests[vector / 32], 1u << vector % 32, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&to->posted.control, OUTSTANDING, __ATOMIC_SEQ_CST);
    if (notifies)
        physical_apic_send(to->apic_id, NOTIFICATION_VECTOR);
    return notifies;
}

void posted_take(struct vcpu *vcpu)
{
    __atomic_fetch_and(&vcpu->posted.control, ~OUTSTANDING, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t requests = __atomic_exchange_n(&vcpu->posted.requests[i], 0, __ATOMIC_SEQ_CST);

        for (uint32_t bit = 0; requests != 0; bit++, requests >>= 1) {
            if (requests & 1)
                apic_request(vcpu, (uint8_t)(i * 32 + bit), false);
        }
    }
}
