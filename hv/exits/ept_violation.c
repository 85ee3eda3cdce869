/*
 * exits/ept_violation.c: the guest used a physical address that EPT does not map, exit reason 48.
 */
#include "apic/apic.h"
#include "apic/inbox.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/x86.h"
#include "exits/exits.h"
#include "guest/reset_vector.h"
#include "mem/ept.h"
#include "mem/pages.h"
#include "quirks.h"
#include "virt/guest.h"
#include "virt/inject.h"
#include "virt/repeat.h"
#include "virt/virt.h"

enum exit_action exit_ept_violation(struct vcpu *vcpu)
{
    struct exit_memory access = virt->exit_memory();

    quirk_early_step_trap();
    inject_interrupted_event(); /* it will try to push its frame again */
    if (pages_wait()) {         /* everything is missing until all have forgotten what was there */
        ept_flush(vcpu);
        inbox_post_others(vcpu, NOTE_CHANGED);
        repeat_forgive(vcpu);
        return EXIT_RESUME;
    }
    if (ept_is_hidden(access.address))
        return hidden_access(vcpu, &access);
    if (apic_claims(vcpu, access.address)) {
        if (access.fetch)
            end_stop("the guest executes its APIC's page, at %lx:%lx: that is no memory",
                     guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP));
        return apic_emulate(vcpu, access.address, access.write);
    }
    if (access.write && reset_vector_owns(access.address))
        return reset_vector_written(vcpu, access.address);
    if (ept_map_missing(access.address))
        return EXIT_RESUME;
    log_error("EPT violation at %lx, qualification %lx: mapped by entry %lx", access.address,
              guest_read(EXIT_QUALIFICATION), ept_entry_for(access.address));
    return EXIT_UNHANDLED;
}
