/*
 * exits/exception.c: an exception of the guest, exit reason 0. Only #DB ever exits, and only while
 * one instruction is stepped over hidden memory (exits/hidden.c).
 */
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define DR6_BS 0x4000ull

enum exit_action exit_exception(struct vcpu *vcpu, const struct exit_info *info)
{
    uint32_t interruption = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
    uint64_t reasons = vmcs_read(VMCS_EXIT_QUALIFICATION); /* as DR6 would get them */

    (void)info;
    if ((interruption & INTERRUPTION_VECTOR) != VECTOR_DB || !vcpu->stepping)
        return EXIT_UNHANDLED;
    hidden_step_end(vcpu);
    if (!vcpu->step_guest_tf)
        reasons &= ~DR6_BS;
    if (reasons != 0) { /* the guest's own: it single-steps, or a breakpoint was hit */
        write_dr6(read_dr6() | reasons);
        inject_exception(VECTOR_DB);
    }
    return EXIT_RESUME;
}
