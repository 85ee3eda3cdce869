/*
 * exits/exception.c: an exception of the guest, or an NMI, exit reason 0.
 *
 * Exceptions exit only while one instruction is stepped over hidden memory (exits/hidden.c): #DB is
 * the end of the step, and any other one is the guest's own, which must not see the flags of the
 * step. NMIs exit only where there are several processors. Most of them say that there is mail
 * (cpu/mail.h); one without mail is the guest's.
 */
#include "cpu/cpu.h"
#include "cpu/mail.h"
#include "host/tables.h"
#include "exits/exits.h"
#include "machine.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define DR6_BS 0x4000ull

static enum exit_action handle_nmi(struct vcpu *vcpu)
{
    if (machine.ended)
        halt_for_ever();
    tables_unblock_nmis();
    if (vcpu->step != STEP_NONE)
        hidden_step_end(vcpu); /* the instruction that was being stepped begins again */
    inject_interrupted_event();
    if (mail_owns_nmi(vcpu)) {
        mail_read(vcpu);
    } else {
        vcpu->nmi_pending = true;
        exit_offer_nmi(vcpu);
    }
    return EXIT_RESUME;
}

enum exit_action exit_exception(struct vcpu *vcpu)
{
    uint32_t interruption = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
    uint64_t reasons = qualification; /* as DR6 would get them */

    if ((interruption & INTERRUPTION_TYPE) == INTERRUPTION_TYPE_NMI)
        return handle_nmi(vcpu);
    if (vcpu->step != STEP_INSTRUCTION)
        return EXIT_UNHANDLED;
    hidden_step_end(vcpu);
    if ((interruption & INTERRUPTION_VECTOR) != VECTOR_DB) {
        if ((interruption & INTERRUPTION_VECTOR) == VECTOR_PF)
            write_cr2(qualification); /* the exit has not done that */
        inject_intercepted_exception();
        return EXIT_RESUME;
    }
    if ((vcpu->step_rflags & RFLAGS_TF) == 0)
        reasons &= ~DR6_BS;
    if (reasons != 0) { /* the guest's own: it single-steps, or a breakpoint was hit */
        write_dr6(read_dr6() | reasons);
        inject_exception(VECTOR_DB);
    }
    return EXIT_RESUME;
}
