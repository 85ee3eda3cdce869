/*
 * exits/progress.c: no exit may repeat for ever in silence.
 *
 * A handler that resumes at the same instruction expects something to be different this time. If
 * that happens REPEATS_AT_MOST times in a row at one place, by one exit or by several in turn,
 * nothing is.
 */
#include "exits/exits.h"
#include "machine.h"
#include "vmx/dump.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define REPEATS_AT_MOST 1000

static bool is_same(const struct progress *a, const struct progress *b)
{
    return a->rip == b->rip && a->cs_base == b->cs_base && a->rcx == b->rcx &&
           a->cr0_shadow == b->cr0_shadow && a->address == b->address;
}

/* What a loop of the guest changes, or the handler that lets it run on, though the place is the
 * same: RCX in a REP instruction, the address that was not mapped yet, CR0.NE as the guest sees it.
 * An exit with no address belongs to the one before. */
static struct progress sample(const struct vcpu *vcpu, uint32_t reason)
{
    return (struct progress){
        .rip = vmcs_read(VMCS_GUEST_RIP),
        .cs_base = vmcs_read(VMCS_GUEST_CS_BASE),
        .rcx = vcpu->gpr[REG_RCX],
        .cr0_shadow = vmcs_read(VMCS_CR0_READ_SHADOW),
        .address = reason == EXIT_REASON_EPT_VIOLATION ? vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS)
                                                       : vcpu->progress.address,
    };
}

/* The guest goes on in the handler of an event, unless its delivery is what failed: a guest may
 * well do a thousand times what it gets an exception for. */
static bool goes_elsewhere(void)
{
    return inject_is_pending() && (vmcs_read(VMCS_IDT_VECTORING_INFO) & INTERRUPTION_VALID) == 0;
}

/* These come behind the instruction: it will not be executed again. SDM volume 3, "APIC-Write
 * Emulation" (3C 30.4.3.2), "EOI Virtualization" (30.1.4). */
static bool is_behind_instruction(uint32_t reason)
{
    return reason == EXIT_REASON_APIC_WRITE || reason == EXIT_REASON_VIRTUALIZED_EOI;
}

void progress_check(struct vcpu *vcpu)
{
    uint32_t reason = (uint32_t)vmcs_read(VMCS_EXIT_REASON);
    struct progress now = sample(vcpu, reason);

    if (is_same(&now, &vcpu->progress) && !goes_elsewhere() && !is_behind_instruction(reason))
        now.repeats = vcpu->progress.repeats + 1;
    vcpu->progress = now;
    if (now.repeats < REPEATS_AT_MOST)
        return;
    vmx_dump(vcpu);
    machine_stop("no progress: %u exits in a row at %lx:%lx, the last one of reason %u (%s)",
                 now.repeats, vmcs_read(VMCS_GUEST_CS_SELECTOR), now.rip, reason,
                 exit_reason_name(reason));
}
