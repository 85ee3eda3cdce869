/*
 * driver.c: hv/vmx/loop.c on the host. The VMCS is an array here, and each exit's handler answers
 * EXIT_SKIP: what does the loop do with the guest's state?
 */
#include "host.h"
#include "vcpu.h"
#include "vmx/vmcs.h" /* this folder's */
#include <stdlib.h>
#include <string.h>

_Noreturn void vmx_run(struct vcpu *vcpu, void (*on_exit)(struct vcpu *vcpu))
{
    (void)vcpu, (void)on_exit;
    abort();
}

#include "vmx/loop.c" /* the student's */

static enum exit_action skips(struct vcpu *vcpu)
{
    (void)vcpu;
    return EXIT_SKIP;
}

/* What the file calls besides. None of it is to happen here. */
static void not_now(struct vcpu *vcpu)
{
    vcpu->countdown = 1000;
}
const char *exit_reason_name(uint32_t reason)
{
    (void)reason;
    return "";
}
void vmx_dump(const struct vcpu *vcpu)
{
    (void)vcpu;
}
_Noreturn void vmx_explain_entry_failure(struct vcpu *vcpu, uint32_t reason)
{
    (void)vcpu, (void)reason;
    abort();
}
bool vmx_repair_guest(void)
{
    return false;
}
_Noreturn void vmx_explain_vmfail(struct vcpu *vcpu, enum entry_result result)
{
    (void)vcpu, (void)result;
    abort();
}
_Noreturn void end_with(const char *what, const char *format, ...)
{
    (void)what, (void)format;
    abort();
}
_Noreturn void end_guest(uint8_t code)
{
    (void)code;
    abort();
}

int main(void)
{
    static struct vcpu vcpu;
    char *word;
    uint64_t number[WORDS_MAX];
    static const struct exit_handlers given = {
        .by_reason = {[0 ... EXIT_REASON_MAX - 1] = skips},
        .countdown_over = not_now,
        .resumed = not_now,
    };

    vmx_handle_exits(&given);
    while (host_next(&word, number)) {
        if (strcmp(word, "exit") != 0)
            continue;
        memset(fields, 0, sizeof fields);
        vcpu.countdown = 1000;
        fields[VMCS_EXIT_REASON] = EXIT_REASON_CPUID;
        fields[VMCS_GUEST_RIP] = number[0];
        fields[VMCS_EXIT_INSTRUCTION_LENGTH] = number[1];
        fields[VMCS_GUEST_INTERRUPTIBILITY] = number[2];
        fields[VMCS_GUEST_RFLAGS] = number[3];
        fields[VMCS_GUEST_PENDING_DEBUG] = number[4];
        handle_exit(&vcpu);
        host_report(fields[VMCS_GUEST_RIP]);
        host_report(fields[VMCS_GUEST_INTERRUPTIBILITY]);
        host_report(fields[VMCS_GUEST_PENDING_DEBUG]);
    }
    return 0;
}
