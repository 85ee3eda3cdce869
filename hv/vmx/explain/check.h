/*
 * vmx/explain/check.h: why will the processor not take this VMCS? Pure logic, compiled into host
 * tests.
 *
 * A VM entry that fails says little more than "control field", "host state" or "guest state".
 * This walks the rules of SDM volume 3, "VM Entries", "Checks on VMX Controls and Host-State
 * Area" (27.2) and "Checking and Loading Guest State" (27.3), and names each one that is broken.
 * Section numbers are those of the edition in which "VM Entries" is chapter 27; titles stay.
 *
 * Not checked, because the answer is not in the VMCS: what the VMCS link pointer points at, and the
 * bits of IA32_PERF_GLOBAL_CTRL and IA32_LBR_CTL (they depend on CPUID).
 * Not checked, because hv16 never uses them: SMM, SGX, CET, RTM, FRED, Intel PT, HLAT, protection
 * keys, MSR areas, VM functions, sub-page permissions, the UINV field and the tertiary and
 * secondary-exit controls. Where one of them is turned on, it is named.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * What this processor allows: values of its capability MSRs. In the five of the controls, the
 * low half has the bits that must be 1 and the high half those that may be. The IA32_VMX_TRUE_
 * variants count, where IA32_VMX_BASIC bit 55 says they exist.
 */
struct vmcs_capabilities {
    uint64_t basic; /* IA32_VMX_BASIC */
    uint64_t misc;  /* IA32_VMX_MISC */
    uint64_t pin, proc, proc2, exit, entry;
    uint64_t cr0_fixed0, cr0_fixed1; /* IA32_VMX_CR0_FIXED0: must be 1; FIXED1: may be 1 */
    uint64_t cr4_fixed0, cr4_fixed1;
    uint64_t ept_vpid;       /* IA32_VMX_EPT_VPID_CAP, 0 where it does not exist */
    uint32_t physical_width; /* bits in a physical address, CPUID.80000008H:EAX[7:0] */
    uint32_t linear_width;   /* bits in a linear address, 48 (57 with CR4.LA57) */
};

struct vmcs_checker {
    /* One field's value. Only fields that exist under the controls and capabilities are read. */
    uint64_t (*read)(void *context, uint32_t field);
    void *context;
    const struct vmcs_capabilities *capabilities;
    bool vtpr_known; /* whether `vtpr` has byte 80H of the virtual-APIC page */
    uint8_t vtpr;
};

struct vmcs_violation {
    uint32_t field;
    uint64_t value;      /* what the field has */
    uint64_t bits;       /* the bits of it that are wrong; 0: the value as a whole */
    const char *rule;    /* what must hold, in words */
    const char *section; /* "Title of the SDM's section (number)" */
};

typedef void vmcs_report_fn(void *context, const struct vmcs_violation *violation);

/* Calls `report` for each broken rule, in the SDM's order; returns how many there were. */
unsigned vmcs_check(const struct vmcs_checker *checker, vmcs_report_fn *report, void *context);
