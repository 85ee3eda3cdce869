/*
 * svm/virtual_tpr.c: what the processor does of a guest's local APIC: TPR, as far as MOV CR8
 * reaches it. All other accesses to the APIC's page exit, whatever the mode. Source: APM volume 2,
 * "Virtualizing APIC.TPR" (15.21.2) and "TPR Access" (15.21.3).
 */
#include "cpu/x86.h"
#include "model/lapic.h"
#include "svm/svm.h"
#include "svm/vmcb.h"
#include "virt/guest.h"

#define CR8 0x0100u /* its bit among the intercepts of control registers */

const char *svm_apic_lacks(const struct virt_apic *wanted)
{
    if (wanted->registers || wanted->delivery || wanted->x2apic)
        return "AVIC, which hv16 does not use";
    return NULL;
}

bool svm_apic_posts(void)
{
    return false;
}

/* With V_INTR_MASKING the guest's MOV CR8 is to and from V_TPR, and its RFLAGS.IF masks virtual
 * interrupts only: those of the machine wait for the hypervisor's. Without, CR8 would be the
 * machine's. */
void svm_apic_open(const struct virt_apic *wanted, const struct virt_apic_pages *pages)
{
    struct vmcb *vmcb = svm_vmcb();

    (void)pages;
    svm_set_control(EXTERNAL_INTERRUPT_EXITING, true);
    if (wanted->tpr_shadow) {
        vmcb->virtual_interrupt |= V_INTR_MASKING;
        svm_current()->attention |= SVM_SHADOWS_TPR;
    } else {
        vmcb->cr_reads |= CR8;
        vmcb->cr_writes |= CR8;
    }
}

void svm_apic_follow_mode(const struct virt_apic *wanted, bool x2apic)
{
    (void)wanted;
    (void)x2apic;
}

/* There is no threshold: while an interrupt waits for a lower TPR, each MOV to CR8 exits. */
void svm_exit_when_tpr_below(uint32_t class)
{
    struct vmcb *vmcb = svm_vmcb();

    vmcb->kept.tpr_threshold = class;
    vmcb->cr_writes = class != 0 ? CR8 : 0; /* the only one that ever exits */
}
