/*
 * exits/sipi.c: a real SIPI has reached a guest in the activity state "wait-for-SIPI", exit
 * reason 4. With apic=off the guest's own APIC sends them. The exit qualification has the vector.
 * Source: SDM volume 3, "Other Causes of VM Exits" (3C 26.2).
 */
#include "host/tables.h"
#include "exits/exits.h"
#include "init/init.h"
#include "vmx/vmcs.h"

enum exit_action exit_sipi(struct vcpu *vcpu)
{
    /* Where it waited, NMIs and SMIs were blocked. Bochs 2.7 forgets to end that: NMIs want an IRET
     * now, and all exits from now on say that SMIs are blocked, which no entry may. */
    tables_unblock_nmis();
    if (vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_SMI)
        vcpu->smi_sticks = true;
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
    vcpu->chores_in = 1;
    init_receive_sipi(vcpu, (uint8_t)vmcs_read(VMCS_EXIT_QUALIFICATION));
    init_signal_mark(vcpu); /* an INIT right behind is one from before */
    vcpu->init_storm = 0;
    return EXIT_RESUME;
}
