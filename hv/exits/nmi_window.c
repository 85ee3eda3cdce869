/*
 * exits/nmi_window.c: the guest can take an NMI now, exit reason 8. exit_offer_nmi() has asked for
 * this, and exit_chores() has made the offer already. But if an INIT has come in between, nothing
 * waits any more, and the window must not be asked for again.
 */
#include "exits/exits.h"

enum exit_action exit_nmi_window(struct vcpu *vcpu)
{
    exit_offer_nmi(vcpu);
    return EXIT_RESUME;
}
