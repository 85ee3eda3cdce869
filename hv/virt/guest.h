/*
 * virt/guest.h: the guest's registers, and what else is one field, as one table.
 *
 * The general registers but RSP are in vcpu->gpr. All else that an entry loads and an exit stores
 * is a field of the VMCS: this table has those that the floors above read or write, in the
 * manual's names.
 */
#pragma once

#include "cpu/x86.h"
#include "vcpu.h"
#include "vmx/vmcs.h"

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
    FIELD(GUEST_RIP, VMCS_GUEST_RIP)                                                               \
    FIELD(GUEST_RSP, VMCS_GUEST_RSP)                                                               \
    FIELD(GUEST_RFLAGS, VMCS_GUEST_RFLAGS)                                                         \
    FIELD(GUEST_CR0, VMCS_GUEST_CR0)                                                               \
    FIELD(GUEST_CR3, VMCS_GUEST_CR3)                                                               \
    FIELD(GUEST_CR4, VMCS_GUEST_CR4)                                                               \
    FIELD(GUEST_EFER, VMCS_GUEST_EFER)                                                             \
    FIELD(GUEST_PAT, VMCS_GUEST_PAT)                                                               \
    FIELD(GUEST_DR7, VMCS_GUEST_DR7)                                                               \
    FIELD(GUEST_PDPTE0, VMCS_GUEST_PDPTE0)                                                         \
    FIELD(GUEST_SYSENTER_CS, VMCS_GUEST_SYSENTER_CS)                                               \
    FIELD(GUEST_SYSENTER_ESP, VMCS_GUEST_SYSENTER_ESP)                                             \
    FIELD(GUEST_SYSENTER_EIP, VMCS_GUEST_SYSENTER_EIP)                                             \
    FIELD(GUEST_ES_SELECTOR, VMCS_GUEST_ES_SELECTOR)                                               \
    FIELD(GUEST_CS_SELECTOR, VMCS_GUEST_CS_SELECTOR)                                               \
    FIELD(GUEST_ES_LIMIT, VMCS_GUEST_ES_LIMIT)                                                     \
    FIELD(GUEST_ES_RIGHTS, VMCS_GUEST_ES_ACCESS_RIGHTS)                                            \
    FIELD(GUEST_CS_RIGHTS, VMCS_GUEST_CS_ACCESS_RIGHTS)                                            \
    FIELD(GUEST_SS_RIGHTS, VMCS_GUEST_SS_ACCESS_RIGHTS)                                            \
    FIELD(GUEST_ES_BASE, VMCS_GUEST_ES_BASE)                                                       \
    FIELD(GUEST_CS_BASE, VMCS_GUEST_CS_BASE)                                                       \
    FIELD(GUEST_DS_BASE, VMCS_GUEST_DS_BASE)                                                       \
    FIELD(GUEST_GDTR_BASE, VMCS_GUEST_GDTR_BASE)                                                   \
    FIELD(GUEST_GDTR_LIMIT, VMCS_GUEST_GDTR_LIMIT)                                                 \
    FIELD(GUEST_IDTR_BASE, VMCS_GUEST_IDTR_BASE)                                                   \
    FIELD(GUEST_IDTR_LIMIT, VMCS_GUEST_IDTR_LIMIT)                                                 \
    FIELD(GUEST_ACTIVITY, VMCS_GUEST_ACTIVITY_STATE)                                               \
    FIELD(GUEST_INTERRUPTIBILITY, VMCS_GUEST_INTERRUPTIBILITY)                                     \
    FIELD(GUEST_INTERRUPT_STATUS, VMCS_GUEST_INTERRUPT_STATUS)                                     \
    FIELD(GUEST_TPR_THRESHOLD, VMCS_TPR_THRESHOLD)                                                 \
    FIELD(GUEST_PENDING_DEBUG, VMCS_GUEST_PENDING_DEBUG)                                           \
    FIELD(GUEST_CR0_SHADOW, VMCS_CR0_READ_SHADOW)                                                  \
    FIELD(EVENT_INJECTED, VMCS_VM_ENTRY_INTERRUPTION_INFO)                                         \
    FIELD(EVENT_INJECTED_ERROR, VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE)                                \
    FIELD(EVENT_INJECTED_LENGTH, VMCS_VM_ENTRY_INSTRUCTION_LENGTH)                                 \
    FIELD(EVENT_INTERRUPTED, VMCS_IDT_VECTORING_INFO)                                              \
    FIELD(EVENT_INTERRUPTED_ERROR, VMCS_IDT_VECTORING_ERROR_CODE)                                  \
    FIELD(EVENT_EXITED, VMCS_EXIT_INTERRUPTION_INFO)                                               \
    FIELD(EVENT_EXITED_ERROR, VMCS_EXIT_INTERRUPTION_ERROR_CODE)                                   \
    FIELD(EXIT_REASON, VMCS_EXIT_REASON)                                                           \
    FIELD(EXIT_QUALIFICATION, VMCS_EXIT_QUALIFICATION)                                             \
    FIELD(EXIT_LENGTH, VMCS_EXIT_INSTRUCTION_LENGTH)

#define GUEST_FIELD(name, encoding) name = encoding,
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

static inline uint64_t guest_read(enum guest_field field)
{
    return vmcs_read(field);
}

static inline void guest_write(enum guest_field field, uint64_t value)
{
    vmcs_write(field, value);
}

static inline void guest_set(enum guest_field field, uint64_t bits)
{
    guest_write(field, guest_read(field) | bits);
}

static inline void guest_clear(enum guest_field field, uint64_t bits)
{
    guest_write(field, guest_read(field) & ~bits);
}

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
    return of_es + segment * (GUEST_CS_BASE - GUEST_ES_BASE);
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

/* How the guest's code is decoded now: 16, 32 or 64 bits. */
static inline uint32_t guest_code_bits(void)
{
    uint64_t rights = guest_read(GUEST_CS_RIGHTS);

    if ((rights & AR_L) && (guest_read(GUEST_EFER) & EFER_LMA))
        return 64;
    return rights & AR_DB ? 32 : 16;
}
