/*
 * vmx/loop.c: what happens at a VM exit: why it came, which handler, and how the guest goes on.
 * vmx/enter.asm calls handle_exit() at each exit, and enters the guest again when it returns.
 *
 * Everything in handle_exit() runs at every exit, so each line costs every guest. What need not be
 * here is in exits/countdown.c and virt/repeat.c.
 */
#include "console/end.h"
#include "cpu/cpu.h"
#include "vmx/enter.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

static struct exit_handlers handlers; /* exits/table.c */

void vmx_log_state(const struct vcpu *vcpu)
{
    handlers.dump(vcpu);
}

/* Bit 31 says that the entry failed, so it is looked at before the reason is used as an index. The
 * guest has run no instruction since, and is entered again if what was refused can be mended. */
static __attribute__((cold, noinline)) void not_in_table(struct vcpu *vcpu, uint64_t reason)
{
    if (reason == (EXIT_REASON_ENTRY_FAILURE | EXIT_REASON_ENTRY_GUEST_STATE) && vmx_repair_guest())
        return;
    if (reason & EXIT_REASON_ENTRY_FAILURE)
        vmx_explain_entry_failure(vcpu, (uint32_t)reason);
    vmx_log_state(vcpu);
    end_stop("exit reason %lx is not one that hv16 knows", reason);
}

/* The guest goes on after the instruction, as if the processor had carried it out. */
static inline void skip_instruction(void)
{
    /* RIP moves past it, and what held interrupts back for the length of one instruction, STI or
     * MOV SS before it, ends with it. So does RF, which held back a breakpoint on it. A guest that
     * single-steps gets the trap that the instruction would have raised. */
    uint64_t shadow = vmcs_read_proven(VMCS_GUEST_INTERRUPTIBILITY);

    vmcs_write_proven(VMCS_GUEST_RIP, vmcs_read_proven(VMCS_GUEST_RIP) +
                                          vmcs_read_proven(VMCS_EXIT_INSTRUCTION_LENGTH));
    if (shadow & (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS))
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
                   shadow & ~(uint64_t)(INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS));
    if (vmcs_read_proven(VMCS_GUEST_RFLAGS) & (RFLAGS_TF | RFLAGS_RF)) {
        vmcs_switch_bits(VMCS_GUEST_RFLAGS, RFLAGS_RF, false);
        if (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF)
            vmcs_set_bits(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
    }
}

/* One exit: is something due, why it came, its counter, its handler, and what that one answered. */
static void handle_exit(struct vcpu *vcpu)
{
    uint64_t reason;

    if (decrement_to_zero(&vcpu->countdown))
        handlers.countdown_over(vcpu);

    reason = vmcs_read_proven(VMCS_EXIT_REASON);
    if (reason >= EXIT_REASON_MAX) {
        not_in_table(vcpu, reason);
        return;
    }
    vcpu->exits[reason]++;

    switch (handlers.by_reason[reason](vcpu)) {
    case EXIT_SKIP:
        skip_instruction();
        break;
    case EXIT_RESUME:
        handlers.resumed(vcpu);
        break;
    case EXIT_STOP:
        handlers.ended(vcpu, EXIT_STOP);
    default:
        handlers.ended(vcpu, EXIT_UNHANDLED);
    }
}

void vmx_handle_exits(const struct exit_handlers *given)
{
    handlers = *given;
}

_Noreturn void vmx_loop(struct vcpu *vcpu)
{
    vmcs_prove();
    vmx_run(vcpu, handle_exit);
}
