/*
 * exits/invd.c: INVD, exit reason 13. It would throw away what the caches hold, the hypervisor's
 * data among it, so they are written back first: no guest can tell the difference.
 */
#include "cpu/cpu.h"
#include "exits/exits.h"

enum exit_action exit_invd(struct vcpu *vcpu)
{
    (void)vcpu;
    wbinvd();
    return EXIT_SKIP;
}
