/*
 * svm/codes.c: SVM's exit codes in Intel's numbers, in which exits are counted and handled.
 * Source: APM volume 2, "SVM Intercept Exit Codes" (appendix C).
 */
#include "model/reasons.h"
#include "svm/svm.h"
#include "svm/vmcb.h"

#define NONE EXIT_REASON_MAX

const uint8_t svm_reasons[SVM_EXIT_LAST + 1] = {
    [0 ... SVM_EXIT_LAST] = NONE,
    [SVM_EXIT_CR_READ... SVM_EXIT_CR_READ + 15] = EXIT_REASON_CR_ACCESS,
    [SVM_EXIT_CR_WRITE... SVM_EXIT_CR_WRITE + 15] = EXIT_REASON_CR_ACCESS,
    [SVM_EXIT_EXCEPTION... SVM_EXIT_EXCEPTION + 31] = EXIT_REASON_EXCEPTION_OR_NMI,
    [SVM_EXIT_INTR] = EXIT_REASON_EXTERNAL_INTERRUPT,
    [SVM_EXIT_NMI] = EXIT_REASON_EXCEPTION_OR_NMI,
    [SVM_EXIT_INIT] = EXIT_REASON_INIT,
    [SVM_EXIT_VINTR] = EXIT_REASON_INTERRUPT_WINDOW,
    [SVM_EXIT_CPUID] = EXIT_REASON_CPUID,
    [SVM_EXIT_IRET] = EXIT_REASON_NMI_WINDOW,
    [SVM_EXIT_INVD] = EXIT_REASON_INVD,
    [SVM_EXIT_IO] = EXIT_REASON_IO,
    [SVM_EXIT_SHUTDOWN] = EXIT_REASON_TRIPLE_FAULT,
    [SVM_EXIT_VMRUN] = EXIT_REASON_VMLAUNCH,
    [SVM_EXIT_VMMCALL] = EXIT_REASON_VMCALL,
    [SVM_EXIT_VMLOAD... SVM_EXIT_SKINIT] = EXIT_REASON_VMXON,
};

uint32_t svm_reason_of_others(const struct vmcb *vmcb)
{
    if (vmcb->exit_code == SVM_EXIT_NESTED_FAULT)
        return EXIT_REASON_EPT_VIOLATION;
    if (vmcb->exit_code == SVM_EXIT_MSR)
        return vmcb->exit_info1 == 0 ? EXIT_REASON_RDMSR : EXIT_REASON_WRMSR;
    return NONE;
}
