/*
 * exits/exception.c: an exception of the guest, or an NMI, exit reason 0.
 *
 * Exceptions exit only while one instruction is stepped over hidden memory (exits/hidden.c): #DB is
 * the end of the step, and any other one is the guest's own, which must not see the flags of the
 * step. NMIs exit, so that the processor can say when the guest takes the next one (virt/nmi.c),
 * and because one processor reaches another by NMI.
 */
#include "apic/inbox.h"
#include "cpu/cpu.h"
#include "cpu/x86.h"
#include "exits/exits.h"
#include "host/tables.h"
#include "init/init.h"
#include "machine.h"
#include "virt/guest.h"
#include "virt/inject.h"
#include "virt/nmi.h"
#include "virt/virt.h"

/* Most NMIs say that there are notes of other processors; one without a note is the guest's. Both
 * are for now: the guest exits before its next instruction. */
void exit_nmi_in_hypervisor(struct vcpu *vcpu)
{
    if (machine.ended)
        halt_for_ever();
    if (!vcpu->is_up)
        return;
    if (!inbox_owns_nmi(vcpu))
        nmi_note(vcpu);
    virt->exit_soon(true);
}

static enum exit_action handle_nmi(struct vcpu *vcpu)
{
    if (machine.ended)
        halt_for_ever();
    tables_unblock_nmis();
    if (vcpu->hidden.step != STEP_NONE)
        hidden_step_end(vcpu); /* the instruction that was being stepped begins again */
    inject_interrupted_event();
    if (inbox_owns_nmi(vcpu))
        inbox_read(vcpu);
    else
        nmi_request(vcpu);
    return EXIT_RESUME;
}

enum exit_action exit_exception(struct vcpu *vcpu)
{
    struct exit_event event = virt->exit_event();
    uint64_t reasons = event.detail; /* as DR6 would get them */

    if (event.is_nmi)
        return handle_nmi(vcpu);
    if (vcpu->hidden.step != STEP_INSTRUCTION)
        return EXIT_UNHANDLED;
    hidden_step_end(vcpu);
    if (event.vector != VECTOR_DB) {
        if (event.vector == VECTOR_PF)
            guest_set_cr2(event.detail); /* the exit has not done that */
        inject_intercepted_exception();
        return EXIT_RESUME;
    }
    if ((vcpu->hidden.rflags & RFLAGS_TF) == 0)
        reasons &= ~DR6_BS;
    if (reasons != 0) { /* the guest's own: it single-steps, or a breakpoint was hit */
        guest_set_dr6(0, reasons);
        inject_exception(VECTOR_DB);
    }
    return EXIT_RESUME;
}
