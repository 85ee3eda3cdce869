/*
 * exits/nmi_window.c: the guest can take an NMI now, exit reason 8. nmi_offer() has asked for this,
 * and nmi_follow() has made the offer already. But if an INIT has come in between, nothing waits
 * any more, and the window must not be asked for again.
 */
#include "exits/exits.h"
#include "virt/nmi.h"

enum exit_action exit_nmi_window(struct vcpu *vcpu)
{
    nmi_offer(vcpu);
    return EXIT_RESUME;
}
