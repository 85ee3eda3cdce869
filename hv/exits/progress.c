/*
 * exits/progress.c: no exit may repeat for ever in silence.
 *
 * A handler that resumes at the same instruction expects something to be different this time. If
 * reason, place and operands are the same REPEATS_AT_MOST times in a row, nothing is.
 */
#include "exits/exits.h"
#include "machine.h"
#include "vmx/dump.h"
#include "vmx/vmcs.h"

#define REPEATS_AT_MOST 1000

static bool is_same(const struct progress *a, const struct progress *b)
{
    return a->reason == b->reason && a->rip == b->rip && a->cs_base == b->cs_base &&
           a->qualification == b->qualification && a->address == b->address && a->rcx == b->rcx;
}

void progress_check(struct vcpu *vcpu, const struct exit_info *info)
{
    struct progress now = {
        .rip = vmcs_read(VMCS_GUEST_RIP),
        .cs_base = vmcs_read(VMCS_GUEST_CS_BASE),
        .qualification = vmcs_read(VMCS_EXIT_QUALIFICATION),
        .address = vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS),
        .rcx = vcpu->gpr[REG_RCX], /* counts down in a REP instruction: that is progress */
        .reason = (uint32_t)info->reason,
    };

    if (is_same(&now, &vcpu->progress))
        now.repeats = vcpu->progress.repeats + 1;
    vcpu->progress = now;
    if (now.repeats < REPEATS_AT_MOST)
        return;
    vmx_dump(vcpu);
    machine_stop("no progress: exit %u (%s) at %lx:%lx came %u times in a row, all alike",
                 now.reason, exit_reason_name(now.reason), vmcs_read(VMCS_GUEST_CS_SELECTOR),
                 now.rip, now.repeats);
}
