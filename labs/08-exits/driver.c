/*
 * driver.c: hv/vmx/loop.c on the host. The VMCS is an array here, and each exit's handler answers
 * EXIT_SKIP: what does the loop do with the guest's state?
 */
#include "host.h"
#include "vcpu.h"
#include "vmx/bits.h"
#include "vmx/fields.h"
#include <stdlib.h>
#include <string.h>

/* In place of vmx/vmcs.h and vmx/enter.h, which have instructions of VMX. */
#define HV16_VMX_VMCS_H
#define HV16_VMX_ENTER_H

enum entry_result { ENTRY_NONE }; /* for vmx/fail.h */

static uint64_t fields[0x8000];

static uint64_t vmcs_read(uint32_t field)
{
    return fields[field & 0x7FFF];
}
static void vmcs_write(uint32_t field, uint64_t value)
{
    fields[field & 0x7FFF] = value;
}
static inline void vmcs_set_bits(uint32_t field, uint64_t bits)
{
    vmcs_write(field, vmcs_read(field) | bits);
}
static inline void vmcs_clear_bits(uint32_t field, uint64_t bits)
{
    vmcs_write(field, vmcs_read(field) & ~bits);
}
#define vmcs_read_proven  vmcs_read
#define vmcs_write_proven vmcs_write

static void vmcs_prove(void) {}
static _Noreturn void vmx_run(struct vcpu *vcpu, void (*on_exit)(struct vcpu *vcpu))
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
void counters_log(void) {}
_Noreturn void vmx_explain_entry_failure(struct vcpu *vcpu, uint32_t reason)
{
    (void)vcpu, (void)reason;
    abort();
}
_Noreturn void vmx_explain_vmfail(struct vcpu *vcpu, enum entry_result result)
{
    (void)vcpu, (void)result;
    abort();
}
_Noreturn void end_stop(const char *format, ...)
{
    (void)format;
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
