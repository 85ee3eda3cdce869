/*
 * exits/init_signal.c: a real INIT has hit the guest, exit reason 3. With apic=off the guest's own
 * APIC sends them; in the other modes none ever arrives, for its ICR is virtual.
 *
 * The exit is the processor's acknowledgement: SDM volume 3, "Other Causes of VM Exits" (3C 26.2).
 * Where it is not, the INIT is still there at the next entry, and the guest never executes another
 * instruction: docs/questions.md, question 1, and docs/init.md.
 */
#include "console/end.h"
#include "console/log.h"
#include "exits/exits.h"
#include "init/init.h"
#include "machine.h"
#include "quirks.h"
#include "virt/repeat.h"

#define STICKY_AFTER 8     /* exits in a row, with no instruction of the guest in between */
#define STORM_UNTIL  10000 /* init=storm: so many are enough to believe it */

/* So many in a row, and the INIT is taken for real. One is what every processor has, so none of
 * these does anything where the exit is the acknowledgement. */
static const uint32_t patience[] = {
    [INIT_AUTO] = STICKY_AFTER,
    [INIT_ACK] = 2,
    [INIT_STORM] = UINT32_MAX,
};

/* Out of VMX operation it would take the INIT, and then a SIPI would start it right there, in the
 * guest's memory without hv16. So it rests here: NMIs wake it, and there is nothing to do. */
static _Noreturn void leave_out(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->unfit, true, __ATOMIC_SEQ_CST); /* nobody is to wait for it */
    log_warn(
        "cpu %u: the INIT cannot be acknowledged on a processor that a SIPI starts: it is left "
        "out, and will not answer the guest; the other modes of apic= have no such INIT",
        vcpu->id);
    for (;;)
        __asm__ volatile("hlt");
}

static const char *why_pending(void)
{
    return machine.options.bug == BUG_STICKY_INIT
               ? "bug=sticky-init sends another one at each entry"
               : "it stays pending here, as in Bochs up to 2.7 (2.8 has it right)";
}

enum exit_action exit_init_signal(struct vcpu *vcpu)
{
    uint32_t in_a_row;

    init_staged(vcpu);
    if (!quirk_sticky_init(vcpu)) {
        vcpu->init_signal.in_a_row = 0;
        init_receive(vcpu);
    }
    in_a_row = ++vcpu->init_signal.in_a_row;
    quirk_init_came(vcpu);
    repeat_forgive(vcpu); /* this file counts itself */
    if (in_a_row == STICKY_AFTER)
        log_warn("INIT exits %u times with no guest instruction in between: %s", in_a_row,
                 why_pending());
    if (in_a_row >= patience[machine.options.init]) {
        if (vcpu->id > 0)
            leave_out(vcpu);
        init_acknowledge(vcpu);
    }
    if (in_a_row >= STORM_UNTIL)
        end_stop("%u INIT exits, and the guest has not executed one instruction: the INIT stays "
                 "pending; init=ack has an answer",
                 in_a_row);
    init_stage(vcpu);
    return EXIT_RESUME;
}
