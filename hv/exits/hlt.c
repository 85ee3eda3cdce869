/*
 * exits/hlt.c: HLT, exit reason 12. It exits only while an interrupt waits for the guest, and where
 * quirks.h has a reason. The guest falls asleep only if nothing would wake it at once.
 */
#include "apic/apic.h"
#include "cpu/x86.h"
#include "exits/exits.h"
#include "quirks.h"
#include "virt/guest.h"

enum exit_action exit_hlt(struct vcpu *vcpu)
{
    bool interrupts_on = (guest_read(GUEST_RFLAGS) & RFLAGS_IF) != 0;

    if (!interrupts_on)
        quirk_falls_asleep(vcpu, guest_read(GUEST_RIP) + guest_read(EXIT_LENGTH));
    if (!interrupts_on || !apic_is_waiting(vcpu))
        guest_write(GUEST_ACTIVITY, SLEEP_HLT);
    return EXIT_SKIP;
}
