/*
 * virt/guest.h: the guest's registers, and what else is one field, as one table.
 *
 * The general registers but RSP are in vcpu->gpr. All else that an entry loads and an exit stores
 * is a field of the VMCS: this table has those that the floors above read or write, in the
 * manual's names.
 */
#pragma once

#include "cpu/x86.h"
#include "svm/vmcb.h"
#include "vcpu.h"
#include "vmx/vmcs.h"
#include <stddef.h>

/*
 * One line for each: name, encoding in the VMCS. Some need a word:
 * GUEST_INTERRUPT_STATUS  RVI and, in bits 15:8, SVI: the highest vectors requested and in service
 * GUEST_TPR_THRESHOLD     to read: it is written by virt->exit_when_tpr_below
 * GUEST_PENDING_DEBUG     the bits of DR6
 * GUEST_CR0_SHADOW        only NE counts, for all other bits of CR0 are the guest's own
 * EVENT_..., EXIT_LENGTH  virt/inject.c's
 * EXIT_REASON             its numbers are in model/reasons.h
 */
#define GUEST_FIELDS(FIELD)                                                                        \
    FIELD(GUEST_RIP, VMCS_GUEST_RIP, rip, 64)                                                      \
    FIELD(GUEST_RSP, VMCS_GUEST_RSP, rsp, 64)                                                      \
    FIELD(GUEST_RFLAGS, VMCS_GUEST_RFLAGS, rflags, 64)                                             \
    FIELD(GUEST_CR0, VMCS_GUEST_CR0, cr0, 64)                                                      \
    FIELD(GUEST_CR3, VMCS_GUEST_CR3, cr3, 64)                                                      \
    FIELD(GUEST_CR4, VMCS_GUEST_CR4, cr4, 64)                                                      \
    FIELD(GUEST_EFER, VMCS_GUEST_EFER, efer, 64)                                                   \
    FIELD(GUEST_PAT, VMCS_GUEST_PAT, pat, 64)                                                      \
    FIELD(GUEST_DR7, VMCS_GUEST_DR7, dr7, 64)                                                      \
    FIELD(GUEST_PDPTE0, VMCS_GUEST_PDPTE0, kept.pdpte, 64)                                         \
    FIELD(GUEST_SYSENTER_CS, VMCS_GUEST_SYSENTER_CS, sysenter_cs, 64)                              \
    FIELD(GUEST_SYSENTER_ESP, VMCS_GUEST_SYSENTER_ESP, sysenter_esp, 64)                           \
    FIELD(GUEST_SYSENTER_EIP, VMCS_GUEST_SYSENTER_EIP, sysenter_eip, 64)                           \
    FIELD(GUEST_ES_SELECTOR, VMCS_GUEST_ES_SELECTOR, es.selector, 16)                              \
    FIELD(GUEST_CS_SELECTOR, VMCS_GUEST_CS_SELECTOR, cs.selector, 16)                              \
    FIELD(GUEST_ES_LIMIT, VMCS_GUEST_ES_LIMIT, es.limit, 32)                                       \
    FIELD(GUEST_ES_RIGHTS, VMCS_GUEST_ES_ACCESS_RIGHTS, es.rights, RIGHTS)                         \
    FIELD(GUEST_CS_RIGHTS, VMCS_GUEST_CS_ACCESS_RIGHTS, cs.rights, RIGHTS)                         \
    FIELD(GUEST_SS_RIGHTS, VMCS_GUEST_SS_ACCESS_RIGHTS, ss.rights, RIGHTS)                         \
    FIELD(GUEST_ES_BASE, VMCS_GUEST_ES_BASE, es.base, 64)                                          \
    FIELD(GUEST_CS_BASE, VMCS_GUEST_CS_BASE, cs.base, 64)                                          \
    FIELD(GUEST_DS_BASE, VMCS_GUEST_DS_BASE, ds.base, 64)                                          \
    FIELD(GUEST_GDTR_BASE, VMCS_GUEST_GDTR_BASE, gdtr.base, 64)                                    \
    FIELD(GUEST_GDTR_LIMIT, VMCS_GUEST_GDTR_LIMIT, gdtr.limit, 32)                                 \
    FIELD(GUEST_IDTR_BASE, VMCS_GUEST_IDTR_BASE, idtr.base, 64)                                    \
    FIELD(GUEST_IDTR_LIMIT, VMCS_GUEST_IDTR_LIMIT, idtr.limit, 32)                                 \
    FIELD(GUEST_ACTIVITY, VMCS_GUEST_ACTIVITY_STATE, kept.activity, 64)                            \
    FIELD(GUEST_INTERRUPTIBILITY, VMCS_GUEST_INTERRUPTIBILITY, shadow, BLOCKING)                   \
    FIELD(GUEST_INTERRUPT_STATUS, VMCS_GUEST_INTERRUPT_STATUS, kept.interrupt_status, 64)          \
    FIELD(GUEST_TPR_THRESHOLD, VMCS_TPR_THRESHOLD, kept.tpr_threshold, 64)                         \
    FIELD(GUEST_PENDING_DEBUG, VMCS_GUEST_PENDING_DEBUG, kept.pending_debug, 64)                   \
    FIELD(GUEST_CR0_SHADOW, VMCS_CR0_READ_SHADOW, kept.cr0_shadow, 64)                             \
    FIELD(EVENT_INJECTED, VMCS_VM_ENTRY_INTERRUPTION_INFO, event, 32)                              \
    FIELD(EVENT_INJECTED_ERROR, VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE, event_error, 32)               \
    FIELD(EVENT_INJECTED_LENGTH, VMCS_VM_ENTRY_INSTRUCTION_LENGTH, kept.event_length, 64)          \
    FIELD(EVENT_INTERRUPTED, VMCS_IDT_VECTORING_INFO, exit_event, 32)                              \
    FIELD(EVENT_INTERRUPTED_ERROR, VMCS_IDT_VECTORING_ERROR_CODE, exit_event_error, 32)            \
    FIELD(EVENT_EXITED, VMCS_EXIT_INTERRUPTION_INFO, kept.exited_event, 64)                        \
    FIELD(EVENT_EXITED_ERROR, VMCS_EXIT_INTERRUPTION_ERROR_CODE, kept.exited_event_error, 64)      \
    FIELD(EXIT_REASON, VMCS_EXIT_REASON, kept.exit_reason, 64)                                     \
    FIELD(EXIT_QUALIFICATION, VMCS_EXIT_QUALIFICATION, exit_info1, 64)                             \
    FIELD(EXIT_LENGTH, VMCS_EXIT_INSTRUCTION_LENGTH, kept.exit_length, 64)

/* A field's number says where it is in both: bits 15:0 the encoding in the VMCS, bits 27:16 half
 * of the offset in the VMCB, bits 30:28 how it is stored there. */
enum vmcb_stored { VMCB_16, VMCB_RIGHTS, VMCB_32, VMCB_64, VMCB_BLOCKING };
#define VMCB_PLACE(offset) ((int)(offset) / 2 << 16)
#define VMCB_STORED        28
#define GUEST_FIELD(name, encoding, member, stored)                                                \
    name = (encoding) | VMCB_PLACE(offsetof(struct vmcb, member)) | VMCB_##stored << VMCB_STORED,
enum guest_field { GUEST_FIELDS(GUEST_FIELD) };

/* Values of GUEST_ACTIVITY: whether the guest is asleep at the next entry, and what wakes it. */
#define SLEEP_NOT           ACTIVITY_ACTIVE
#define SLEEP_HLT           ACTIVITY_HLT
#define SLEEP_WAIT_FOR_SIPI ACTIVITY_WAIT_FOR_SIPI

/* Bits of GUEST_INTERRUPTIBILITY: what holds events back. SDM volume 3, "Guest Non-Register State"
 * (3C 25.4.2). */
#define BLOCKING_STI    INTERRUPTIBILITY_STI
#define BLOCKING_MOV_SS INTERRUPTIBILITY_MOV_SS
#define BLOCKING_SMI    INTERRUPTIBILITY_SMI
#define BLOCKING_NMI    INTERRUPTIBILITY_NMI

uint64_t guest_read(enum guest_field field);
void guest_write(enum guest_field field, uint64_t value);

static inline void guest_set(enum guest_field field, uint64_t bits)
{
    guest_write(field, guest_read(field) | bits);
}

static inline void guest_clear(enum guest_field field, uint64_t bits)
{
    guest_write(field, guest_read(field) & ~bits);
}

/* CR2 and DR6 are the processor's own on Intel's, where no exit touches them. */
void guest_set_cr2(uint64_t address);
void guest_set_dr6(uint64_t clear, uint64_t set); /* bits */

/* A general register by the number that ModRM gives it: 0 (RAX) to 15 (R15). */
static inline uint64_t guest_gpr(const struct vcpu *vcpu, uint32_t number)
{
    return number == REG_RSP ? guest_read(GUEST_RSP) : vcpu->gpr[number];
}

static inline void guest_set_gpr(struct vcpu *vcpu, uint32_t number, uint64_t value)
{
    if (number == REG_RSP)
        guest_write(GUEST_RSP, value);
    else
        vcpu->gpr[number] = value;
}

/* A field of a segment by the number that instructions give it, 0 ES, CS, SS, DS, FS, 5 GS, and two
 * more, 6 LDTR, 7 TR: from the same field of ES. */
static inline enum guest_field guest_segment_field(enum guest_field of_es, uint32_t segment)
{
    uint32_t slot =
        segment < 6 ? segment : 2 * segment - 5; /* GDTR and IDTR are in between there */

    return of_es + segment * (VMCS_GUEST_CS_BASE - VMCS_GUEST_ES_BASE) +
           slot * (uint32_t)VMCB_PLACE(sizeof(struct vmcb_segment));
}

/* Where the guest goes on, in the code segment that it has. */
static inline void guest_jump(uint64_t rip)
{
    guest_write(GUEST_RIP, rip);
}

/* Where a guest in real mode goes on, if it is not where its CS says. */
static inline void guest_go_to(uint16_t cs, uint32_t base, uint16_t ip)
{
    guest_write(GUEST_CS_SELECTOR, cs);
    guest_write(GUEST_CS_BASE, base);
    guest_jump(ip);
}

/* All of the guest's state, as at power-up but for CS:IP, in real mode and awake: real_mode.c. */
void guest_real_mode(uint16_t cs, uint16_t ip);

/* The last exit, the registers, the code and the counters, to the log: dump.c. */
void guest_dump(const struct vcpu *vcpu);

/* How the guest's code is decoded now: 16, 32 or 64 bits. */
static inline uint32_t guest_code_bits(void)
{
    uint64_t rights = guest_read(GUEST_CS_RIGHTS);

    if ((rights & AR_L) && (guest_read(GUEST_EFER) & EFER_LMA))
        return 64;
    return rights & AR_DB ? 32 : 16;
}
