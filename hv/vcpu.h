/*
 * vcpu.h: what the hypervisor keeps for each virtual processor. Free of VMX: the exit loop, the
 * models and one day the SVM back end share it.
 */
#ifndef HV16_VCPU_H
#define HV16_VCPU_H

#include "apic/posted.h"
#include "model/lapic.h"
#include "model/reasons.h"
#include <stdbool.h>
#include <stdint.h>

/* The numbers that ModRM, and so the exit qualifications, use for the general registers. */
enum gpr {
    REG_RAX,
    REG_RCX,
    REG_RDX,
    REG_RBX,
    REG_RSP,
    REG_RBP,
    REG_RSI,
    REG_RDI,
    REG_R8,
    REG_R9,
    REG_R10,
    REG_R11,
    REG_R12,
    REG_R13,
    REG_R14,
    REG_R15,
    REG_COUNT
};

#define CPUS_MAX        8    /* virtual processors, each on a processor of its own */
#define VCPU_STACK_SIZE 8192 /* bytes */
#define EXTINT_MAX      16   /* the 8259 acknowledges each of its inputs once at a time */

/* Why an attempt to enter the guest came to nothing, not even an exit. */
enum entry_result {
    ENTRY_VMFAIL_INVALID, /* VMfailInvalid: there is no current VMCS */
    ENTRY_VMFAIL_VALID,   /* VMfailValid: the VM-instruction error field says why */
};

/* The last exit that was resumed without skipping an instruction: see exits/progress.c. */
struct progress {
    uint64_t rip, cs_base, rcx, cr0_shadow, address;
    uint32_t repeats;
};

/* What runs against the decoy page, and the guest's own state meanwhile: see exits/hidden.c. */
enum step {
    STEP_NONE,
    STEP_INSTRUCTION, /* one instruction, ended by a #DB */
    STEP_EVENT,       /* the delivery of one event, ended by the preemption timer */
};

struct vcpu {
    /* The hypervisor's stack on this processor; right above it the guest's registers, where
     * vmx/enter.asm stores them at each exit. The guest's RSP is in the VMCS instead: vmx/vmcs.h
     * reads and writes any register by its number. */
    _Alignas(16) uint8_t stack[VCPU_STACK_SIZE];
    uint64_t gpr[REG_COUNT];
    uint64_t exits[EXIT_REASON_MAX]; /* counters, by basic exit reason */

    /* Exits until exit_chores() looks up: the status line, the trace, a held-back NMI. One
     * counter for all of them keeps the path of the other exits short. */
    uint32_t chores_in;
    uint64_t chores_from; /* how many exits there were when the guest last began */
    uint32_t id;          /* counted from 0, the one that booted */
    uint32_t apic_id;     /* of the processor it runs on */
    bool unfit;           /* this processor cannot run it: init/start.c leaves it out */
    bool takes_nmis;      /* its VMCS is current there: NMIs that hit hv16 are for it */
    bool nmi_pending;     /* an NMI hit the hypervisor and is still to reach the guest */
    bool nmi_sent;        /* it goes with the next entry, if no handler prefers another event */
    enum step step;
    uint64_t step_rflags;  /* the guest's own TF and IF during STEP_INSTRUCTION ... */
    bool step_nmi_blocked; /* ... and its blocking of NMIs */
    bool keyboard_d1;      /* the last keyboard command was D1h, "write output port" */
    uint64_t hidden_reads;
    uint64_t hidden_writes;
    struct progress progress;

    /* What other processors have for it: cpu/mail.h. */
    uint32_t mail;       /* MAIL_... bits, changed atomically */
    uint32_t mail_nmis;  /* NMIs sent because of it that have not come yet, likewise */
    bool waits_for_sipi; /* after INIT: it sleeps, and only a SIPI starts it */
    bool smi_sticks;     /* exits say wrongly that SMIs are blocked: exits/sipi.c */
    uint32_t init_storm; /* INIT exits in a row: exits/init_signal.c */
    uint64_t init_last, init_rip;
    uint32_t inits, sipis; /* how many it has got, and acted upon */

    struct lapic lapic;         /* the guest's local APIC, except with apic=off */
    uint8_t extint[EXTINT_MAX]; /* acknowledged vectors of the 8259 that wait for the guest */
    uint32_t extint_count;
    bool arrivals_left; /* interrupts of the machine do not exit now: apic/arrival.c */
    struct posted_descriptor posted;

    void *vmxon, *vmcs; /* the regions that the processor reads, each of 4 KiB */
    uint8_t *io_bitmap; /* two of them: ports 0-7FFFh and 8000h-FFFFh */
    uint8_t *msr_bitmap;
};

/* All exits so far. */
static inline uint64_t vcpu_exits_total(const struct vcpu *vcpu)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < EXIT_REASON_MAX; i++)
        total += vcpu->exits[i];
    return total;
}

#endif
