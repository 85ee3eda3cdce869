/*
 * svm/windows.c: what is switched on and off while the guest runs.
 * Source: APM volume 2, "Virtual Interrupt Intercept" (15.21.4), "Interrupt Injection" (15.21).
 */
#include "cpu/x86.h"
#include "svm/svm.h"
#include "svm/vmcb.h"

static void switch_bits(uint32_t *word, uint32_t bits, bool on)
{
    *word = on ? *word | bits : *word & ~bits;
}

/* A virtual interrupt that is never taken: before that, it exits. */
static void ask_for_window(struct vmcb *vmcb, bool on)
{
    switch_bits(&vmcb->virtual_interrupt, V_IRQ | V_PRIORITY | V_IGNORE_TPR, on);
    switch_bits(&vmcb->intercepts, INTERCEPT_VINTR, on);
}

/* #DB changes DR6 before it exits: APM volume 2, "Exception Intercepts" (15.12). So the guest's is
 * put aside, and what is in DR6 afterwards is why. */
static void intercept_exceptions(struct vmcb *vmcb, bool on)
{
    vmcb->exceptions = on ? 0xFFFFFFFF : 0;
    if (on) {
        vmcb->kept.dr6 = vmcb->dr6;
        vmcb->dr6 &= ~DR6_REASONS;
    } else {
        vmcb->dr6 = vmcb->kept.dr6;
    }
}

/* What does not exit is the guest's, if its IF is what masks it: else nothing may come at all. */
static void exit_for_interrupts(struct vmcb *vmcb, bool on)
{
    bool masked_by_host = (vmcb->virtual_interrupt & V_INTR_MASKING) != 0;

    switch_bits(&vmcb->intercepts, INTERCEPT_INTR, on || masked_by_host);
    svm_current()->hold_interrupts = masked_by_host && !on;
}

void svm_set_control(enum virt_control control, bool on)
{
    struct vmcb *vmcb = svm_vmcb();
    struct svm_state *svm = svm_current();

    switch (control) {
    case EXTERNAL_INTERRUPT_EXITING:
        exit_for_interrupts(vmcb, on);
        break;
    case ACKNOWLEDGE_INTERRUPT_ON_EXIT:
        svm->acknowledge = on;
        break;
    case INTERRUPT_WINDOW_EXITING:
        ask_for_window(vmcb, on);
        break;
    case EXCEPTION_EXITING:
        intercept_exceptions(vmcb, on);
        break;
    default: /* NMI_WINDOW_EXITING: IRET exits while NMIs are blocked. HLT needs no exit */
        break;
    }
}

void svm_exit_soon(bool wanted)
{
    switch_bits(&svm_current()->attention, SVM_EXIT_SOON, wanted);
}
