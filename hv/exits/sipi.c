/*
 * exits/sipi.c: a real SIPI has reached a guest in the activity state "wait-for-SIPI", exit
 * reason 4. With apic=off the guest's own APIC sends them.
 * Source: SDM volume 3, "Other Causes of VM Exits" (3C 26.2).
 */
#include "exits/exits.h"
#include "init/init.h"
#include "quirks.h"
#include "virt/guest.h"
#include "virt/repeat.h"

enum exit_action exit_sipi(struct vcpu *vcpu)
{
    quirk_sipi_leaves_blocking(vcpu);
    vcpu->countdown = 1;
    init_receive_sipi(vcpu, (uint8_t)guest_read(EXIT_QUALIFICATION));
    quirk_init_came(vcpu); /* an INIT right after this is one from before */
    repeat_forgive(vcpu);
    vcpu->init_signal.in_a_row = 0;
    return EXIT_RESUME;
}
