/*
 * svm/vmcb.c: a VMCB for each vCPU, and what is in it at first.
 * Source: APM volume 2, "VMCB Layout" (appendix B).
 */
#include "svm/vmcb.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "machine.h"
#include "mem/ept.h"
#include "mem/pages.h"
#include "svm/svm.h"
#include <stddef.h>

#define DR6_AT_RESET 0xFFFF0FF0

#define INTERCEPTS                                                                                 \
    (INTERCEPT_NMI | INTERCEPT_INIT | INTERCEPT_CPUID | INTERCEPT_INVD | INTERCEPT_IO |            \
     INTERCEPT_MSR | INTERCEPT_SHUTDOWN)

_Static_assert(offsetof(struct vmcb, es) == 0x400, "APM: the state save area");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5D8 && offsetof(struct vmcb, pat) == 0x668,
               "APM volume 2, table B-2");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70 && offsetof(struct vmcb, next_rip) == 0xC8,
               "APM volume 2, table B-1");

static void fill_controls(const struct vcpu *vcpu)
{
    struct vmcb *vmcb = vcpu->svm.vmcb;

    vmcb->intercepts = INTERCEPTS;
    vmcb->intercepts2 = INTERCEPT2_SVM;
    vmcb->io_map = physical_address(vcpu->svm.io_map);
    vmcb->msr_map = physical_address(vcpu->svm.msr_map);
    vmcb->asid = 1; /* 0 is the hypervisor's */
    vmcb->nested_paging = NESTED_PAGING;
    vmcb->nested_cr3 = ept_pointer();
}

void svm_open(struct vcpu *vcpu)
{
    struct svm_state *svm = &vcpu->svm;
    void *host_vmcb = pages_alloc(1);

    svm->self = svm;
    svm->vmcb = pages_alloc(2);
    svm->vmcb_address = physical_address(svm->vmcb);
    svm->host_vmcb_address = physical_address(host_vmcb);
    svm_open_maps(vcpu);
    fill_controls(vcpu);
    wrmsr(MSR_VM_HSAVE_PA, physical_address(pages_alloc(1)));
    wrmsr(MSR_GS_BASE, (uint64_t)svm);
    /* Events wait from now on, until the guest runs: APM volume 2, "Global Interrupt Flag" (15.17).
     */
    __asm__ volatile("clgi\n\t"
                     "vmsave %0"
                     :
                     : "a"(svm->host_vmcb_address)
                     : "memory");
}

void svm_real_mode(void)
{
    struct vmcb *vmcb = svm_vmcb();

    vmcb->efer = EFER_SVME;
    vmcb->cpl = 0;
    vmcb->dr6 = DR6_AT_RESET;
    vmcb->kept.cr0_shadow = CR0_ET;
}
