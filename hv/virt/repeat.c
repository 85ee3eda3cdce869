/*
 * virt/repeat.c: no exit may repeat for ever in silence.
 *
 * A handler that resumes at the same instruction expects something to be different this time. If
 * that happens REPEATS_AT_MOST times in a row at one place, by one exit or by several in turn,
 * nothing is.
 */
#include "virt/repeat.h"
#include "console/end.h"
#include "virt/guest.h"
#include "virt/inject.h"
#include "virt/virt.h"

#define REPEATS_AT_MOST 1000

static bool is_same(const struct repeat_state *a, const struct repeat_state *b)
{
    return a->rip == b->rip && a->cs_base == b->cs_base && a->rcx == b->rcx &&
           a->cr0_shadow == b->cr0_shadow && a->address == b->address;
}

/* What a loop of the guest changes, or the handler that lets it run on, though the place is the
 * same: RCX in a REP instruction, the address that was not mapped yet, CR0.NE as the guest sees it.
 * An exit with no address belongs to the one before. */
static struct repeat_state sample(const struct vcpu *vcpu, uint32_t reason)
{
    return (struct repeat_state){
        .rip = guest_read(GUEST_RIP),
        .cs_base = guest_read(GUEST_CS_BASE),
        .rcx = vcpu->gpr[REG_RCX],
        .cr0_shadow = guest_read(GUEST_CR0_SHADOW),
        .address = reason == EXIT_REASON_EPT_VIOLATION ? virt->exit_memory().address
                                                       : vcpu->repeat.address,
    };
}

/* The guest goes on in the handler of an event, unless its delivery is what failed: a guest may
 * well do a thousand times what it gets an exception for. */
static bool goes_elsewhere(void)
{
    return inject_is_pending() && !inject_was_interrupted();
}

/* These come after the instruction: it will not be executed again. SDM volume 3, "APIC-Write
 * Emulation" (3C 30.4.3.2), "EOI Virtualization" (30.1.4). */
static bool is_after_instruction(uint32_t reason)
{
    return reason == EXIT_REASON_APIC_WRITE || reason == EXIT_REASON_VIRTUALIZED_EOI;
}

void repeat_check(struct vcpu *vcpu)
{
    uint32_t reason = (uint32_t)guest_read(EXIT_REASON);
    struct repeat_state now = sample(vcpu, reason);

    if (is_same(&now, &vcpu->repeat) && !goes_elsewhere() && !is_after_instruction(reason))
        now.count = vcpu->repeat.count + 1;
    vcpu->repeat = now;
    if (now.count < REPEATS_AT_MOST)
        return;
    guest_dump(vcpu);
    end_stop("no progress: %u exits in a row at %lx:%lx, the last one of reason %u (%s)", now.count,
             guest_read(GUEST_CS_SELECTOR), now.rip, reason, exit_reason_name(reason));
}
