/*
 * host/tables.h: the hypervisor's own GDT, TSS and IDT, and a write that may fault.
 */
#pragma once

#include "layout.h"
#include "vcpu.h"
#include <stdbool.h>
#include <stdint.h>

/* Leaves stage2's GDT, which lies in memory that will be the guest's, for one in the block, and the
 * page tables to start with for those in which nothing is at address 0. Loads the TSS of processor
 * `cpu`, counted from 0, and an IDT whose handlers print the registers and stop. Once more after a
 * reset of the processor. */
void tables_load(uint32_t cpu);

/* Whose processor this runs on: its TSS says so. After tables_load(). */
struct vcpu *tables_current_vcpu(void);

/* Who is told of an NMI that hits the hypervisor itself. To be set before tables_load(). */
extern void (*tables_on_nmi)(struct vcpu *vcpu);

/* After an NMI exit: lets the next NMI come. */
void tables_unblock_nmis(void);

/* What the VMCS's host-state area wants to know of the tables of processor `cpu`. */
#define TSS_SELECTOR(cpu) (SEL_TSS + 16 * (cpu))
struct tables_bases {
    uint64_t gdt, idt, tss;
};
struct tables_bases tables_bases(uint32_t cpu);

/* A gate of an IDT: an interrupt gate to `handler`, on the stack that is in place (ist 0) or on one
 * of the TSS's. */
struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t ist_and_type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
} __attribute__((packed, aligned(16)));
void tables_set_gate(struct gate *gate, const void *handler, uint32_t ist);

/* As wrmsr(), but false where the processor answers with #GP. */
bool wrmsr_safe(uint32_t msr, uint64_t value);
