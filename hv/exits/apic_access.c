/*
 * exits/apic_access.c: an access to the APIC-access page that the processor does not virtualize,
 * exit reason 44. Source: SDM volume 3, "Exit Qualification for APIC-Access VM Exits" (3C 28.2.1,
 * table 28-6).
 */
#include "apic/apic.h"
#include "console/end.h"
#include "exits/exits.h"
#include "virt/guest.h"
#include "virt/virt.h"

enum exit_action exit_apic_access(struct vcpu *vcpu)
{
    struct exit_apic access = virt->exit_apic();

    if (access.kind == APIC_READ || access.kind == APIC_WRITE)
        return apic_emulate(vcpu, (vcpu->lapic.base & APIC_BASE_ADDRESS) + access.offset,
                            access.kind == APIC_WRITE);
    end_stop("the guest %s its APIC's page, at %lx:%lx: that is no memory",
             access.kind == APIC_FETCH ? "executes" : "has its stack or tables in",
             guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP));
}
