/*
 * model/lapic.h: one local APIC, as a guest's processor sees it. Pure logic: it knows neither VMX
 * nor the machine, and what it cannot do itself it returns as an effect for its caller.
 *
 * The registers are the virtual-APIC page, each at the offset that it has in the APIC's own page,
 * so hardware and model share them: where the processor virtualizes an access, it reads and writes
 * the same words. The model keeps no copy of them.
 * Source: SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)" (3A 11).
 */
#pragma once

#include "cpu/x86.h"
#include <stdbool.h>
#include <stdint.h>

/* The highest LVT entry is number 5, so there is none for CMCI: a guest of hv16 gets no
 * machine-check interrupts to handle. SDM, "Local APIC Version Register" (11.4.8). */
#define LAPIC_VERSION_VALUE 0x00050014u
#define LAPIC_NO_VECTOR     (-1)

/* What the caller must do after a write. Several may come together. */
#define LAPIC_UPDATE    0x01u /* IRR, ISR, TPR or SVR changed: look again what can be delivered */
#define LAPIC_EOI_LEVEL 0x02u /* a level-triggered interrupt ended: see `ended` */
#define LAPIC_IPI       0x04u /* ICR was written: lapic_ipi() says what to send. Never for "self" */
#define LAPIC_LVT       0x08u /* a local-vector-table entry, SVR, LDR or DFR changed */
#define LAPIC_TIMER     0x10u /* initial count or divide configuration was written */

struct lapic_ipi {
    uint8_t vector;
    enum lapic_delivery delivery;
    enum lapic_shorthand shorthand;
    bool logical;         /* destination mode */
    bool level, assert;   /* trigger mode and level. INIT with level and no assert, "de-assert", has
                           * no effect on today's processors: it never comes as LAPIC_IPI */
    bool x2apic;          /* how to read `destination` */
    uint32_t destination; /* 8 bits, in x2APIC mode 32 */
};

struct lapic {
    uint32_t *page;    /* 4 KiB: the registers */
    uint64_t base;     /* IA32_APIC_BASE, as the guest reads it */
    uint32_t id;       /* the initial APIC ID, which is also the x2APIC ID */
    uint32_t errors;   /* detected since the guest last wrote the ESR: it shows them then */
    uint8_t ended;     /* the vector that LAPIC_EOI_LEVEL is about */
    bool has_x2apic;   /* the guest's CPUID says so: IA32_APIC_BASE.EXTD may be set */
    bool has_deadline; /* the same of TSC-deadline mode */
    bool stale_tpr;    /* bug=stale-tpr: priorities follow `tpr_written` instead of the register */
    uint8_t tpr_written; /* TPR as of the last write that came through lapic_write() */
};

/* The state after power-up, in xAPIC mode, enabled in IA32_APIC_BASE at FEE00000H. `page` is
 * cleared; has_x2apic, has_deadline and stale_tpr are the caller's, before or after. SDM, "Local
 * APIC State After Power-Up or Reset" (11.4.7.1). */
void lapic_init(struct lapic *lapic, void *page, uint32_t id, bool is_bsp);
/* An INIT, "Local APIC State After an INIT Reset" (11.4.7.3): all registers are as after power-up,
 * with the ID and the mode that it had: IA32_APIC_BASE is kept. */
void lapic_reset(struct lapic *lapic);

static inline bool lapic_is_x2apic(const struct lapic *lapic)
{
    return (lapic->base & APIC_BASE_EXTD) != 0;
}

/* In IA32_APIC_BASE, and by software in SVR. */
static inline bool lapic_is_enabled(const struct lapic *lapic)
{
    return (lapic->base & APIC_BASE_EN) != 0 &&
           (lapic->page[LAPIC_SVR / 4] & LAPIC_SVR_ENABLE) != 0;
}

/* --- Priorities: SDM, "Interrupt, Task, and Processor Priority" (11.8.3) --- */

/* The greater class of TPR and of the highest vector in service: also stored in the page. */
uint8_t lapic_ppr(struct lapic *lapic);
/* The highest vector in IRR, or LAPIC_NO_VECTOR; ISR likewise. */
int lapic_highest_requested(const struct lapic *lapic);
int lapic_highest_in_service(const struct lapic *lapic);
/* The vector that the processor must be offered now: the highest requested, if its class is above
 * PPR's; else LAPIC_NO_VECTOR. Changes nothing but PPR in the page. What was requested before
 * software disabled the APIC is offered too: it is "held and requires masking or handling by the
 * CPU". SDM, "Local APIC State After It Has Been Software Disabled" (11.4.7.2). */
int lapic_deliverable(struct lapic *lapic);
/* The processor takes it: from IRR to ISR. Returns it, or LAPIC_NO_VECTOR. */
int lapic_deliver(struct lapic *lapic);
/* The guest ends the highest interrupt in service. Without one nothing happens. Returns effects. */
uint32_t lapic_eoi(struct lapic *lapic);
/* A fixed interrupt arrives. Vectors below 16 are "receive illegal vector" and set ESR instead. An
 * APIC that is not enabled drops it. Returns effects. */
uint32_t lapic_request(struct lapic *lapic, uint8_t vector, bool level);

/* TPR's class, as MOV CR8 reads and writes it: a write clears the bits below. For a processor that
 * keeps it elsewhere while the guest runs. */
static inline uint32_t lapic_class(const struct lapic *lapic)
{
    return lapic->page[LAPIC_TPR / 4] >> 4;
}

static inline void lapic_set_class(struct lapic *lapic, uint32_t class)
{
    if (class != lapic_class(lapic))
        lapic->page[LAPIC_TPR / 4] = class << 4;
}

/* For the VMCS's TPR threshold: the TPR class below which the highest requested vector becomes
 * deliverable, 1 to 15; or 0 when no write of TPR can make it so (nothing requested, or the vector
 * in service holds it back), or need not (it is deliverable now). It changes with whatever returns
 * LAPIC_UPDATE and with every delivery. When a deliverable vector had to wait for RFLAGS.IF, ask
 * again when the wait is over: TPR may have been raised without an exit. SDM, "TPR Virtualization"
 * (30.1.2). */
uint32_t lapic_tpr_threshold(struct lapic *lapic);

/* --- Registers --- */

/* Detected errors, LAPIC_ILLEGAL_REGISTER and so on: kept for the ESR. The first one since the
 * guest wrote the ESR requests the LVT's error interrupt, unless masked. Returns effects. */
uint32_t lapic_error(struct lapic *lapic, uint32_t errors);
/* xAPIC, 32 bits at a multiple of 10H below 1000H. A reserved register is "illegal register
 * address": ESR, reads 0; as the error may be an interrupt, look again what can be delivered. The
 * current count is the caller's to provide in the page before it asks. */
uint32_t lapic_read(struct lapic *lapic, uint32_t offset);
/* Returns effects. LDR, DFR, SVR, LVTs and so on keep the bits that the SDM calls writable. The
 * value may be in the page already, as it is at an APIC-write exit. */
uint32_t lapic_write(struct lapic *lapic, uint32_t offset, uint32_t value);

/* x2APIC: MSRs 800H-8FFH. False: #GP (not in x2APIC mode, no such register, reserved bits, a
 * register that cannot be read or written). SDM, "x2APIC Register Address Space" (11.12.1.2). */
bool lapic_read_msr(struct lapic *lapic, uint32_t msr, uint64_t *value);
bool lapic_write_msr(struct lapic *lapic, uint32_t msr, uint64_t value, uint32_t *effects);

/* WRMSR of IA32_APIC_BASE. False: #GP (reserved bits, an address beyond `physical_bits`, 36 to 52,
 * EXTD without EN or where there is no x2APIC, a transition that the SDM forbids). Otherwise `base`
 * has the new value, with BSP unchanged; switched off, the APIC loses its state; in x2APIC mode ID
 * and LDR are what the SDM says. SDM, "x2APIC State Transitions" (11.12.5). */
bool lapic_write_base(struct lapic *lapic, uint64_t value, uint32_t physical_bits);

/* --- Interprocessor interrupts --- */

/* What the ICR holds now, just after LAPIC_IPI. */
struct lapic_ipi lapic_ipi(const struct lapic *lapic);
/* The ICR holds a new command. One to itself alone is carried out; one that cannot be sent is
 * dropped (SDM, "Valid Combinations for the Pentium 4 and Intel Xeon Processors' Local xAPIC
 * Interrupt Command Register", table 11-3); any other is LAPIC_IPI. lapic_write() calls it. Returns
 * effects. */
uint32_t lapic_icr_written(struct lapic *lapic);
/* MSR 83FH, and the ICR's "self": a fixed, edge-triggered interrupt to itself. Returns effects. */
uint32_t lapic_self_ipi(struct lapic *lapic, uint8_t vector);
/* Whether `ipi`, sent by `sender`, is meant for `target`: shorthands, physical IDs, flat and
 * cluster logical IDs, broadcast. SDM, "Determining IPI Destination" (11.6.2). */
bool lapic_ipi_reaches(const struct lapic_ipi *ipi, const struct lapic *sender,
                       const struct lapic *target);

/* --- Between the files of the model --- */

void lapic_mask_lvts(struct lapic *lapic); /* sets the mask bits of all LVT entries */
void lapic_set_ids(struct lapic *lapic);   /* ID and LDR, as they are when the mode begins */
