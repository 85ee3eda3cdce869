/*
 * exits/countdown.c: work that not every exit has to pay for. The loop comes here when
 * vcpu->countdown is 0, before the exit is handled.
 */
#include "console/log.h"
#include "console/screen.h"
#include "exits/exits.h"
#include "machine.h"
#include "quirks.h"
#include "virt/guest.h"
#include "virt/nmi.h"

#define AT_MOST 4096 /* exits between two looks at the status line */

static void trace(const struct vcpu *vcpu, uint32_t reason)
{
    log_info("cpu %u: exit %u (%s) at %lx:%lx qualification %lx", vcpu->id, reason,
             exit_reason_name(reason), guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP),
             guest_read(EXIT_QUALIFICATION));
}

/* The status line follows each of the first exits, and later every eighth of their number. */
static uint32_t next(const struct vcpu *vcpu)
{
    uint64_t since_start = vcpu_exits_total(vcpu) - vcpu->exits_at_start;

    /* The quirk comes first, for this mends it, too. */
    if (quirk_smis_stay_blocked(vcpu) || machine.options.trace_exits ||
        vcpu->hidden.step != STEP_NONE || nmi_is_open(vcpu))
        return 1;
    return since_start / 8 < AT_MOST ? (uint32_t)(since_start / 8) + 1 : AT_MOST;
}

void exit_countdown_over(struct vcpu *vcpu)
{
    uint32_t reason = (uint32_t)guest_read(EXIT_REASON);

    /* Exceptions are for exits/exception.c; any other exit ends the step as well. */
    if (vcpu->hidden.step != STEP_NONE && reason != EXIT_REASON_EXCEPTION_OR_NMI)
        hidden_step_end(vcpu);
    nmi_follow(vcpu);
    if (machine.options.trace_exits)
        trace(vcpu, reason);
    if (vcpu->id == 0)
        screen_status_draw(vcpu);
    vcpu->countdown = next(vcpu);
}
