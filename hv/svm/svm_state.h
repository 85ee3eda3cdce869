/*
 * svm/svm_state.h: what svm/ keeps for each vCPU: the pages that the processor reads, and what no
 * field of them says.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct vmcb;

#define SVM_EXIT_SOON   1u /* exit before the guest's next instruction */
#define SVM_SHADOWS_TPR 2u /* TPR is the VMCB's while the guest runs */

struct svm_state {
    struct svm_state *self;     /* the first member: see svm_current() */
    struct vmcb *vmcb;          /* the guest's, and after it what software keeps */
    uint64_t vmcb_address;      /* its physical address, for VMRUN */
    uint64_t host_vmcb_address; /* what VMLOAD gives the hypervisor back */
    uint64_t hold_interrupts;   /* 1: those of the machine wait while the guest runs */
    uint8_t *io_map, *msr_map;  /* a bit for each port; two for each MSR, read and write */
    uint32_t flushed;           /* which of ept_flush()'s this processor has followed */
    uint32_t attention;         /* SVM_...: what the loop has to do besides */
    bool acknowledge;           /* an exit takes the interrupt that caused it, whatever IF is */
};
