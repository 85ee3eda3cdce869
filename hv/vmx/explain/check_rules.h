/*
 * vmx/explain/check_rules.h: shared by the check*.c files: one line of C for each rule.
 */
#pragma once

#include "cpu/x86.h"
#include "vmx/explain/check.h"
#include "vmx/fields.h"

#define CHECK_EFER_VALID (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define CHECK_HIGH_HALF  0xffffffff00000000u

/* The walk through the rules: who asks, where we are, and the values that many rules need. */
struct check {
    const struct vmcs_checker *checker;
    const struct vmcs_capabilities *capabilities;
    vmcs_report_fn *report;
    void *report_context;
    const char *section;
    unsigned broken;
    uint32_t pin, proc, proc2, exit, entry; /* proc2 is 0 while it is not activated */
    uint32_t injection;                     /* the entry's interruption information; 0: none */
    uint64_t cr0, cr4, rflags;              /* of the guest */
    bool ia32e_guest, virtual_8086, unrestricted;
};

uint64_t check_value(const struct check *check, uint32_t field);

/* Reports `field` unless the rule holds. */
void check_rule(struct check *check, uint32_t field, bool holds, const char *rule);
/* Reports `field` if there are `wrong` bits in it. */
void check_bits(struct check *check, uint32_t field, uint64_t wrong, const char *rule);

bool check_is_canonical(const struct check *check, uint64_t address);
uint64_t check_beyond_physical(const struct check *check, uint64_t address);

/* Rules about the whole of one field. */
void check_canonical(struct check *check, uint32_t field);
void check_page(struct check *check, uint32_t field); /* a 4 KiB page's physical address */
void check_pat(struct check *check, uint32_t field);
void check_efer(struct check *check, uint32_t field, bool long_mode);
/* CR0 or CR4 against the bits that VMX operation fixes. */
void check_fixed(struct check *check, uint32_t field, uint64_t must_be_1, uint64_t may_be_1);

void check_execution_controls(struct check *check); /* check_controls.c */
void check_apic_controls(struct check *check);      /* check_apic.c */
void check_exit_controls(struct check *check);
void check_entry_controls(struct check *check);
void check_host_state(struct check *check);      /* check_host.c */
void check_guest_registers(struct check *check); /* check_guest.c */
void check_guest_segments(struct check *check);  /* check_segments.c */
void check_guest_activity(struct check *check);  /* check_activity.c */
