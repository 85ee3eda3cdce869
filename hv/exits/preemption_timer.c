/*
 * exits/preemption_timer.c: the VMX-preemption timer, exit reason 52. It runs only for the length
 * of one event whose frame goes to hidden memory, and exit_chores() has ended that already.
 */
#include "exits/exits.h"

enum exit_action exit_preemption_timer(struct vcpu *vcpu, const struct exit_info *info)
{
    (void)vcpu;
    (void)info;
    return EXIT_RESUME;
}
