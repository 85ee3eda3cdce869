/*
 * apic/posted.c: apic=posted. As x2apic, and interrupts for a vCPU are posted: whoever has one sets
 * its bit in the vCPU's descriptor and sends a notification. A processor that runs the guest takes
 * posted interrupts over without an exit. One that cannot has them drained here before the next
 * entry: the same descriptor, one exit more.
 * Source: SDM volume 3, "Posted-Interrupt Processing" (3C 30.6).
 */
#include "apic/apic.h"
#include "apic/inbox.h"
#include "apic/physical.h"
#include "virt/virt.h"

#define OUTSTANDING 0x1u /* "outstanding notification" */

_Static_assert(sizeof(struct posted_descriptor) == 64, "SDM: Posted-Interrupt Descriptor");

const struct apic_mode apic_posted = {
    .name = "posted",
    .virtual = {.tpr_shadow = true,
                .page_accesses = true,
                .registers = true,
                .delivery = true,
                .x2apic = true,
                .posting = true},
    .page_access = EPT_READ_WRITE,
};

bool posted_by_processor(void)
{
    return apic_mode->virtual.posting && virt->apic_posts();
}

void posted_request(struct vcpu *from, struct vcpu *to, uint8_t vector)
{
    /* Another processor may post at the same time: hence the atomic operations. */
    __atomic_fetch_or(&to->posted.requests[vector / 32], 1u << vector % 32, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&to->posted.control, OUTSTANDING, __ATOMIC_SEQ_CST);
    if (posted_by_processor())
        physical_apic_send(to->apic_id, POSTED_NOTIFICATION);
    else
        inbox_post(from, to, NOTE_POSTED);
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
