/*
 * check_masks.h: the masks in the rules of hv/vmx/check*.c.
 */
#pragma once

#include "check_vmcs.h"

/* Masks, bit by bit: which bits of a field break the rule, whatever else they break? */
static const struct {
    struct row row; /* its last setting is the field's, without any wrong bit */
    unsigned width;
    uint64_t wrong;
} masks[] = {
    {ROW(GUEST_RFLAGS, "reserved", SET(GUEST_RFLAGS, 2)), 64, ~0x3fffffull | 0x8028},
    {ROW(GUEST_DEBUGCTL, "reserved", WITH_ENTRY(ENTRYCTL_LOAD_DEBUG_CONTROLS),
         SET(GUEST_DEBUGCTL, 0)),
     64, ~0xffffull | 0x38},
    {ROW(GUEST_PENDING_DEBUG, "reserved", SET(GUEST_PENDING_DEBUG, 0)), 64, ~0x1ffffull | 0xa7f0},
    {ROW(GUEST_INTERRUPTIBILITY, "31:4", SET(GUEST_INTERRUPTIBILITY, 0)), 32, 0xfffffff0},
    {ROW(GUEST_EFER, "reserved", SET(GUEST_EFER, 0)), 64, ~0xd01ull},
    {ROW(GUEST_CS_ACCESS_RIGHTS, "reserved", SET(GUEST_CS_ACCESS_RIGHTS, 0x93)), 32, 0xfffe0f00},
    {ROW(GUEST_IDTR_LIMIT, "31:16", SET(GUEST_IDTR_LIMIT, 0)), 32, 0xffff0000},
    {ROW(GUEST_DS_ACCESS_RIGHTS, "must be 1 when", SET(GUEST_DS_LIMIT, 0xfff)), 32, 0xfff00000},
    {ROW(GUEST_PDPTE0, "reserved", GUEST_PAE, SET(GUEST_PDPTE0, 1)), 64, ~0xffffffffffull | 0x1e6},
    {ROW(LINK_POINTER, "aligned", SET(LINK_POINTER, 0)), 64, 0xfff},
    {ROW(LINK_POINTER, "beyond", SET(LINK_POINTER, 0)), 64, ~0xffffffffffull},
    {ROW(EPT_POINTER, "reserved", SET(EPT_POINTER, 0x1e)), 64, ~0xffffffffffull | 0xf80},
    {ROW(TPR_THRESHOLD, "31:4", VAPIC(0), SET(TPR_THRESHOLD, 0)), 32, 0xfffffff0},
    {ROW(TPR_THRESHOLD, "virtual TPR", VAPIC(4), SET(TPR_THRESHOLD, 4)), 32, 0x8},
    {ROW(POSTED_INTERRUPT_VECTOR, "15:8", POSTED(0, 0), SET(POSTED_INTERRUPT_VECTOR, 0)), 16,
     0xff00},
    {ROW(POSTED_INTERRUPT_DESCRIPTOR, "aligned", POSTED(0, 0), SET(POSTED_INTERRUPT_DESCRIPTOR, 0)),
     64, 0x3f},
    {ROW(VM_ENTRY_INTERRUPTION_INFO, "30:12", INJECT(INTERRUPTION_TYPE_EXCEPTION | 6)), 32,
     0x7ffff000},
    {ROW(VM_ENTRY_EXCEPTION_ERROR_CODE, "31:16", GUEST_PROTECTED(0x9b), INJECT(0xb0d),
         SET(VM_ENTRY_EXCEPTION_ERROR_CODE, 0)),
     32, 0xffff0000},
};
