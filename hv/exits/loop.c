/*
 * exits/loop.c: enter the guest, see why it stopped, call the handler, again.
 *
 * Everything in this file runs at every exit, so each line costs every guest. What need not be
 * here is in exits/chores.c and exits/progress.c.
 */
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "machine.h"
#include "vmx/dump.h"
#include "vmx/enter.h"
#include "vmx/fail.h"
#include "vmx/vmcs.h"

/* Bit 31 says that the entry failed, so it is looked at before the reason is used as an index. */
static _Noreturn __attribute__((cold, noinline)) void not_in_table(struct vcpu *vcpu,
                                                                   const struct exit_info *info)
{
    if (info->reason & EXIT_REASON_ENTRY_FAILURE)
        vmx_explain_entry_failure(vcpu, (uint32_t)info->reason);
    vmx_dump(vcpu);
    machine_stop("exit reason %lx is not one that hv16 knows", info->reason);
}

static _Noreturn __attribute__((cold, noinline)) void guest_ended(const struct vcpu *vcpu)
{
    vmx_log_counters();
    machine_end((uint8_t)vcpu->gpr[REG_RCX]);
}

static _Noreturn __attribute__((cold, noinline)) void unhandled(struct vcpu *vcpu,
                                                                const struct exit_info *info)
{
    vmx_dump(vcpu);
    machine_stop("cannot handle exit %lu (%s) at %lx:%lx: the log has the guest's state",
                 info->reason, exit_reason_name((uint32_t)info->reason),
                 vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP));
}

/* The guest goes on behind the instruction, as if the processor had carried it out. */
static inline void skip_instruction(void)
{
    /* RIP moves behind it, and what held interrupts back for the length of one instruction, STI or
     * MOV SS before it, ends with it. A guest that single-steps gets the trap that the instruction
     * would have raised. */
    uint64_t shadow = vmcs_read_proven(VMCS_GUEST_INTERRUPTIBILITY);

    vmcs_write_proven(VMCS_GUEST_RIP, vmcs_read_proven(VMCS_GUEST_RIP) +
                                          vmcs_read_proven(VMCS_EXIT_INSTRUCTION_LENGTH));
    if (shadow & (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS))
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
                   shadow & ~(uint64_t)(INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS));
    if (vmcs_read_proven(VMCS_GUEST_RFLAGS) & RFLAGS_TF)
        vmcs_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
}

/* One exit: chores, why it came, its counter, its handler, and what that one answered. */
static inline void handle_exit(struct vcpu *vcpu)
{
    struct exit_info info;

    if (decrement_to_zero(&vcpu->chores_in))
        exit_chores(vcpu);

    info.reason = vmcs_read_proven(VMCS_EXIT_REASON);
    if (info.reason >= EXIT_REASON_MAX)
        not_in_table(vcpu, &info);
    vcpu->exits[info.reason]++;

    switch (exit_table[info.reason](vcpu, &info)) {
    case EXIT_SKIP:
        skip_instruction();
        break;
    case EXIT_RESUME:
        progress_check(vcpu, &info);
        break;
    case EXIT_STOP:
        guest_ended(vcpu);
    default:
        unhandled(vcpu, &info);
    }
}

void exit_loop(struct vcpu *vcpu)
{
    enum entry_result result;

    vmcs_prove();
    result = vmx_launch(vcpu);

    for (;;) {
        if (result != ENTRY_EXITED)
            vmx_explain_vmfail(vcpu, result);
        handle_exit(vcpu);
        result = vmx_resume(vcpu);
    }
}
