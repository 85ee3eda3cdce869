/*
 * svm/dump.c: the last exit, as SVM says it.
 */
#include "console/log.h"
#include "svm/svm.h"
#include "svm/vmcb.h"

void svm_dump(const struct vcpu *vcpu)
{
    const struct vmcb *vmcb = vcpu->svm.vmcb;

    log_error("cpu %u: exit code %lx (%s), information %lx, %lx", vcpu->id, vmcb->exit_code,
              exit_reason_name((uint32_t)vmcb->kept.exit_reason), vmcb->exit_info1,
              vmcb->exit_info2);
    log_error("  at %x:%lx, next %lx", vmcb->cs.selector, vmcb->rip, vmcb->next_rip);
    log_error("  event %x, being delivered %x, shadow %lx, blocked %lx",
              (uint32_t)vmcb->kept.exited_event, vmcb->exit_event, vmcb->shadow,
              vmcb->kept.blocked);
}
