/*
 * exits/triple_fault.c: the guest could not deliver a double fault, exit reason 2. A PC resets
 * then, and so does the guest.
 */
#include "exits/exits.h"
#include "guest/restart.h"

enum exit_action exit_triple_fault(struct vcpu *vcpu)
{
    return guest_restart(vcpu, "triple fault");
}
