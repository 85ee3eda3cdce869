/*
 * vcpu.h: what the hypervisor keeps for each virtual processor. A module's private part is a
 * struct of its own, which that module's ..._state.h declares.
 */
#pragma once

#include "apic/apic_state.h"
#include "dma/dma_state.h"
#include "exits/exits_state.h"
#include "init/init_state.h"
#include "model/lapic.h"
#include "model/reasons.h"
#include "quirks_state.h"
#include "svm/svm_state.h"
#include "virt/virt_state.h"
#include "vmx/vmx_state.h"
#include <stdbool.h>
#include <stdint.h>

#define VCPU_STACK_SIZE 8192 /* bytes */

struct vcpu {
    /* The hypervisor's stack on this processor; right above it the guest's registers, where
     * vmx/enter.asm stores them at each exit. The guest's RSP is in the VMCS instead: guest_gpr()
     * of virt/guest.h reads any register by its number. */
    _Alignas(16) uint8_t stack[VCPU_STACK_SIZE];
    uint64_t gpr[REG_COUNT];
    uint64_t exits[EXIT_REASON_MAX]; /* counters, by basic exit reason */

    uint32_t id;      /* counted from 0, the one that booted */
    uint32_t apic_id; /* of the processor it runs on */
    bool is_up;       /* that processor is in the exit loop, or about to be */
    bool unfit;       /* that processor cannot run it, and is left out */

    /* Exits until somebody looks up: the status line, the trace, an NMI that waits. One counter
     * for all of them keeps the path of the other exits short: exits/countdown.c. */
    uint32_t countdown;
    /* Of the instruction that emulate/ has carried out; AMD's exits for memory do not say it. */
    uint32_t emulated_length;
    uint64_t exits_at_start; /* how many there were when the guest last began */

    struct lapic lapic; /* the guest's local APIC, except with apic=off */
    struct external_state external;
    _Alignas(QUIRK_POSTED_ALIGNMENT) struct posted_descriptor posted;
    struct inbox inbox;
    struct dma_state dma;
    struct init_state init;
    struct nmi_state nmi;
    struct repeat_state repeat;
    struct hidden_state hidden;
    struct init_signal_state init_signal;
    struct vmx_state vmx;
    struct svm_state svm;
    struct quirks_state quirks;
};

/* It runs no guest, and nobody waits for it: it is left out, or waits for a SIPI and does
 * inbox_catch_up() when that has come. */
static inline bool vcpu_is_deaf(const struct vcpu *vcpu)
{
    return __atomic_load_n(&vcpu->unfit, __ATOMIC_SEQ_CST) ||
           __atomic_load_n(&vcpu->init.waits_for_sipi, __ATOMIC_SEQ_CST);
}

/* All exits so far. */
static inline uint64_t vcpu_exits_total(const struct vcpu *vcpu)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < EXIT_REASON_MAX; i++)
        total += vcpu->exits[i];
    return total;
}
