/*
 * vmx/explain/check_rules.h: shared by the check*.c files: one line of C for each rule.
 */
#pragma once

#include "cpu/x86.h"
#include "vmx/explain/check.h"
#include "vmx/fields.h"

#define NO_EVENT        UINT32_MAX
#define CHECK_HIGH_HALF 0xffffffff00000000u

/* The walk through the rules: who asks, where we are, and the values that many rules need. */
struct check {
    const struct vmcs_checker *checker;
    const struct vmcs_capabilities *capabilities;
    vmcs_report_fn *report;
    void *report_context;
    const char *section;
    unsigned broken;
    uint32_t pin, proc, proc2, exit, entry; /* proc2 is 0 while it is not activated */
    uint32_t event_type, event_vector;      /* of the injection; without one: NO_EVENT */
    uint64_t cr0, cr4, rflags;              /* of the guest */
    uint64_t beyond_physical;               /* the bits that no physical address has */
    bool ia32e_guest, virtual_8086, unrestricted;
};

uint64_t check_value(const struct check *check, uint32_t field);

/* Reports `field` unless the rule holds. */
void check_rule(struct check *check, uint32_t field, bool holds, const char *rule);
/* Reports `field` if there are `wrong` bits in it. */
void check_bits(struct check *check, uint32_t field, uint64_t wrong, const char *rule);

/* Reports `field` if it has a 1 where `mask` has. */
void check_zero(struct check *check, uint32_t field, uint64_t mask, const char *rule);
/* Reports `field` unless its bits from `first` up are all equal. */
void check_sign_extended(struct check *check, uint32_t field, uint32_t first, const char *rule);

/* Rules about the whole of one field. */
void check_canonical(struct check *check, uint32_t field);
void check_physical(struct check *check, uint32_t field); /* not beyond the physical width */
void check_page(struct check *check, uint32_t field);     /* a 4 KiB page's physical address */
void check_pat(struct check *check, uint32_t field);
void check_efer(struct check *check, uint32_t field, bool long_mode);
/* CR0 or CR4 against the bits that VMX operation fixes. */
void check_fixed(struct check *check, uint32_t field, uint64_t must_be_1, uint64_t may_be_1);

/* The SDM's lists of rules, one function each: check_controls.c, check_apic.c, */
void check_execution_controls(struct check *check);
void check_exit_controls(struct check *check);
void check_entry_controls(struct check *check);
void check_apic_controls(struct check *check);
/* check_host.c, */
void check_host_registers(struct check *check);
void check_host_segments(struct check *check);
void check_address_space(struct check *check);
/* check_guest.c, check_segments.c and check_activity.c. */
void check_guest_registers(struct check *check);
void check_guest_tables(struct check *check);
void check_guest_rip_and_flags(struct check *check);
void check_guest_pdptes(struct check *check);
void check_guest_segments(struct check *check);
void check_guest_activity(struct check *check);
