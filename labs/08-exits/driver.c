/*
 * driver.c: hv/exits/loop.c on the host. The VMCS is an array here, and each exit's handler answers
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

static uint64_t fields[0x8000];

static uint64_t vmcs_read(uint32_t field)
{
    return fields[field & 0x7FFF];
}
static void vmcs_write(uint32_t field, uint64_t value)
{
    fields[field & 0x7FFF] = value;
}
static inline void vmcs_set(uint32_t field, uint64_t bits)
{
    vmcs_write(field, vmcs_read(field) | bits);
}
static inline void vmcs_clear(uint32_t field, uint64_t bits)
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

#include "exits/loop.c" /* the student's */

static enum exit_action skips(struct vcpu *vcpu)
{
    (void)vcpu;
    return EXIT_SKIP;
}
exit_fn *const exit_table[EXIT_REASON_MAX] = {[0 ... EXIT_REASON_MAX - 1] = skips};

/* What the file calls besides. None of it is to happen here. */
void exit_chores(struct vcpu *vcpu)
{
    vcpu->chores_in = 1000;
}
void progress_check(struct vcpu *vcpu)
{
    (void)vcpu;
}
const char *exit_reason_name(uint32_t reason)
{
    (void)reason;
    return "";
}
void vmx_dump(struct vcpu *vcpu)
{
    (void)vcpu;
}
void vmx_log_counters(void) {}
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
_Noreturn void machine_stop(const char *format, ...)
{
    (void)format;
    abort();
}
_Noreturn void machine_end(uint8_t code)
{
    (void)code;
    abort();
}

int main(void)
{
    static struct vcpu vcpu;
    char *word;
    uint64_t number[WORDS_MAX];

    while (host_next(&word, number)) {
        if (strcmp(word, "exit") != 0)
            continue;
        memset(fields, 0, sizeof fields);
        vcpu.chores_in = 1000;
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
