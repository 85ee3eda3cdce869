/*
 * vmx/fail.c: from an error number to words, and to the fields that break a rule. The rules
 * themselves are in vmx/explain/.
 */
#include "console/end.h"
#include "console/log.h"
#include "vmx/capabilities.h"
#include "vmx/enter.h"
#include "vmx/explain/check.h"
#include "vmx/explain/words.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

static uint64_t read_field(void *context, uint32_t field)
{
    (void)context;
    return vmcs_read(field);
}

static void report(void *context, const struct vmcs_violation *violation)
{
    (void)context;
    if (violation->bits != 0)
        log_error("  %s (%x) = %lx, wrong bits %lx", vmcs_field_name(violation->field),
                  violation->field, violation->value, violation->bits);
    else
        log_error("  %s (%x) = %lx", vmcs_field_name(violation->field), violation->field,
                  violation->value);
    log_error("    rule: %s", violation->rule);
    log_error("    SDM volume 3, %s", violation->section);
}

static void log_broken_rules(struct vcpu *vcpu)
{
    struct vmcs_checker checker = {
        .read = read_field,
        .capabilities = &vmx_capabilities,
    };

    if (vmcs_check(&checker, report, NULL) != 0)
        return;
    log_error("  no rule that hv16 knows is broken: compare this with the SDM");
    vmx_log_state(vcpu);
}

void vmx_explain_vmfail(struct vcpu *vcpu, enum entry_result result)
{
    uint32_t error;

    if (result == ENTRY_VMFAIL_INVALID)
        end_stop("VM entry: VMfailInvalid: there is no current VMCS (VMPTRLD comes first)");
    error = (uint32_t)vmcs_read(VMCS_VM_INSTRUCTION_ERROR);
    log_error("VM entry: VMfailValid, error %u: %s", error, vm_instruction_error(error));
    log_broken_rules(vcpu);
    end_stop("VM entry failed: error %u: %s", error, vm_instruction_error(error));
}

void vmx_explain_entry_failure(struct vcpu *vcpu, uint32_t reason)
{
    uint32_t basic = reason & 0xFFFF;
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
    const char *detail = NULL; /* for reason 34 it is a number, not a kind */

    if (basic == EXIT_REASON_ENTRY_GUEST_STATE)
        detail = vm_entry_failure_detail(qualification);

    log_error("VM entry: exit reason %x: %s", reason, vm_entry_failure(basic));
    if (detail != NULL)
        log_error("  qualification %lu: %s", qualification, detail);
    log_broken_rules(vcpu);
    end_stop("VM entry failed: reason %u: %s", basic, vm_entry_failure(basic));
}
