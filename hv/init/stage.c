/*
 * init/stage.c: an INIT that stays pending, staged where the processor clears it.
 */
#include "apic/physical.h"
#include "guest/resident.h"
#include "init/init.h"
#include "machine.h"
#include "virt/guest.h"

/* What the two instructions change of the guest. */
static struct {
    bool on;
    uint64_t cs, cs_base, rip, ds_base, rbx;
} before;

void init_stage(struct vcpu *vcpu)
{
    uint64_t base = physical_apic_base();

    if (machine.options.bug != BUG_STICKY_INIT || vcpu->id != 0 || (base & APIC_BASE_EXTD))
        return;
    before.on = true;
    before.cs = guest_read(GUEST_CS_SELECTOR);
    before.cs_base = guest_read(GUEST_CS_BASE);
    before.rip = guest_read(GUEST_RIP);
    before.ds_base = guest_read(GUEST_DS_BASE);
    before.rbx = vcpu->gpr[REG_RBX];
    resident_start_send_init();
    guest_write(GUEST_DS_BASE, base & APIC_BASE_ADDRESS);
    vcpu->gpr[REG_RBX] = vcpu->apic_id << 24;
}

void init_staged(struct vcpu *vcpu)
{
    if (!before.on)
        return;
    before.on = false;
    guest_go_to((uint16_t)before.cs, (uint32_t)before.cs_base, (uint16_t)before.rip);
    guest_write(GUEST_DS_BASE, before.ds_base);
    vcpu->gpr[REG_RBX] = before.rbx;
}
