/*
 * svm/efer.c: IA32_EFER. The guest's has SVME, which an entry demands, and must not show it.
 * Source: APM volume 2, "Extended Feature Enable Register (EFER)" (3.1.7), "Enabling SVM" (15.4).
 */
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "host/tables.h"
#include "svm/svm.h"
#include "svm/vmcb.h"

/* The processor knows which bits it has. LME and LMA are what the hypervisor runs with. */
static bool is_allowed(uint64_t value)
{
    uint64_t ours = rdmsr(MSR_IA32_EFER);
    bool allowed = (value & EFER_SVME) == 0 &&
                   wrmsr_safe(MSR_IA32_EFER, value | EFER_SVME | EFER_LME | EFER_LMA);

    wrmsr(MSR_IA32_EFER, ours);
    return allowed;
}

enum exit_action svm_access_efer(struct vcpu *vcpu, uint32_t reason)
{
    struct vmcb *vmcb = svm_vmcb();
    uint64_t before = vmcb->efer & ~EFER_SVME;
    uint64_t value = vcpu->gpr[REG_RDX] << 32 | (uint32_t)vcpu->gpr[REG_RAX];

    vcpu->exits[reason]++;
    if (reason == EXIT_REASON_RDMSR) {
        vcpu->gpr[REG_RAX] = (uint32_t)before;
        vcpu->gpr[REG_RDX] = before >> 32;
        return EXIT_SKIP;
    }
    if (!is_allowed(value) || (((value ^ before) & EFER_LME) && (vmcb->cr0 & CR0_PG))) {
        svm_inject(vmcb, VECTOR_GP, true);
        return EXIT_RESUME;
    }
    vmcb->efer = (value & ~EFER_LMA) | (before & EFER_LMA) | EFER_SVME;
    return EXIT_SKIP;
}
