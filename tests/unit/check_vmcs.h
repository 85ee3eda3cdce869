/*
 * check_vmcs.h: a VMCS that breaks no rule (the real-mode guest of hv16), and words to
 * say how a test's VMCS differs from it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmx/fields.h"

#define SETTINGS 14

struct setting {
    uint32_t field;
    uint64_t value;
    bool used;
};

struct row {
    uint32_t field; /* to be blamed */
    const char *words;
    struct setting set[SETTINGS];
};

/* clang-format off */
#define ROW(field, words, ...) {VMCS_##field, words, {__VA_ARGS__}}
#define SET(field, value)      {VMCS_##field, value, true}
/* clang-format on */

#define PIN      0x16u
#define PROC     (0x04006172u | PROC_USE_IO_BITMAPS | PROC_USE_MSR_BITMAPS | PROC_ACTIVATE_SECONDARY)
#define PROC2    (PROC2_ENABLE_EPT | PROC2_UNRESTRICTED_GUEST)
#define EXIT     (0x36dfbu | EXITCTL_HOST_ADDRESS_SPACE_SIZE | EXITCTL_SAVE_EFER | EXITCTL_LOAD_EFER)
#define ENTRY    (0x11fbu | ENTRYCTL_LOAD_EFER)
#define TOO_HIGH 0x10000000000      /* one bit beyond the 40 of the physical-address width */
#define ODD      0x8000000000000000 /* not canonical */

#define WITH_PROC2(bits) SET(SECONDARY_PROC_CONTROLS, PROC2 | (bits))
#define WITH_EXIT(bits)  SET(EXIT_CONTROLS, EXIT | (bits))
#define WITH_ENTRY(bits) SET(ENTRY_CONTROLS, ENTRY | (bits))
#define INJECT(bits)     SET(VM_ENTRY_INTERRUPTION_INFO, INTERRUPTION_VALID | (bits))
#define VAPIC(threshold)                                                                           \
    SET(PRIMARY_PROC_CONTROLS, PROC | PROC_USE_TPR_SHADOW), SET(VIRTUAL_APIC_ADDRESS, 0x9000),     \
        SET(TPR_THRESHOLD, threshold)
#define VID VAPIC(0), WITH_PROC2(PROC2_VIRTUAL_INTERRUPT_DELIVERY)
#define POSTED(vector, descriptor)                                                                 \
    VID, SET(PIN_CONTROLS, PIN | PIN_EXTERNAL_INTERRUPT_EXITING | PIN_PROCESS_POSTED_INTERRUPTS),  \
        WITH_EXIT(EXITCTL_ACKNOWLEDGE_INTERRUPT), SET(POSTED_INTERRUPT_VECTOR, vector),            \
        SET(POSTED_INTERRUPT_DESCRIPTOR, descriptor)
#define HOST_32                                                                                    \
    SET(EXIT_CONTROLS, EXIT & ~EXITCTL_HOST_ADDRESS_SPACE_SIZE), SET(HOST_EFER, 0),                \
        SET(HOST_RIP, 0x1000)
/* The guest in other modes than real mode: each of these alone breaks no rule. */
#define GUEST_PROTECTED(cs)  SET(GUEST_CR0, 0x80000031), SET(GUEST_CS_ACCESS_RIGHTS, cs)
#define GUEST_RESTRICTED(cs) GUEST_PROTECTED(cs), SET(SECONDARY_PROC_CONTROLS, PROC2_ENABLE_EPT)
#define GUEST_LONG(cs)                                                                             \
    GUEST_PROTECTED(cs), WITH_ENTRY(ENTRYCTL_IA32E_MODE_GUEST), SET(GUEST_CR4, 0x2020),            \
        SET(GUEST_EFER, 0x500)
#define GUEST_PAE                                                                                  \
    GUEST_PROTECTED(0x9b), SET(GUEST_CR4, 0x2020), SET(GUEST_PDPTE0, 0x1001),                      \
        SET(GUEST_PDPTE1, 0), SET(GUEST_PDPTE2, 0), SET(GUEST_PDPTE3, 0x1e6)
#define GUEST_V86                                                                                  \
    GUEST_PROTECTED(0xf3), SET(GUEST_RFLAGS, 0x20002), SET(GUEST_ES_ACCESS_RIGHTS, 0xf3),          \
        SET(GUEST_SS_ACCESS_RIGHTS, 0xf3), SET(GUEST_DS_ACCESS_RIGHTS, 0xf3),                      \
        SET(GUEST_FS_ACCESS_RIGHTS, 0xf3), SET(GUEST_GS_ACCESS_RIGHTS, 0xf3)

static const struct setting good_controls_and_host[] = {
    SET(PIN_CONTROLS, PIN),
    SET(PRIMARY_PROC_CONTROLS, PROC),
    SET(SECONDARY_PROC_CONTROLS, PROC2),
    SET(EXIT_CONTROLS, EXIT),
    SET(ENTRY_CONTROLS, ENTRY),
    SET(IO_BITMAP_A, 0x1000),
    SET(IO_BITMAP_B, 0x2000),
    SET(MSR_BITMAP, 0x3000),
    SET(EPT_POINTER, 0x505e), /* write-back, four levels, accessed and dirty flags */
    SET(HOST_CR0, 0x80000031),
    SET(HOST_CR3, 0x1cf0000),
    SET(HOST_CR4, 0x2020),
    SET(HOST_EFER, 0x500),
    SET(HOST_CS_SELECTOR, 0x18),
    SET(HOST_SS_SELECTOR, 0x10),
    SET(HOST_TR_SELECTOR, 0x20),
    SET(HOST_RIP, 0xffffffff80000100),
    SET(HOST_RSP, 0xffffffff80010000),
    SET(HOST_GDTR_BASE, 0xffffffff80008000),
};

static const struct setting good_guest[] = {
    SET(GUEST_CR0, 0x30),
    SET(GUEST_CR4, 0x2000),
    SET(GUEST_RFLAGS, 2),
    SET(GUEST_RIP, 0x7c00),
    SET(GUEST_DR7, 0x400),
    SET(GUEST_LDTR_ACCESS_RIGHTS, 0x82),
    SET(GUEST_TR_ACCESS_RIGHTS, 0x8b),
    SET(GUEST_GDTR_LIMIT, 0xffff),
    SET(GUEST_IDTR_LIMIT, 0x3ff),
    SET(LINK_POINTER, VMCS_LINK_POINTER_NONE),
};

/* Fields of every processor, 0 unless set: each range from and to a field. */
static const uint32_t everywhere[][2] = {
    {VMCS_GUEST_ES_SELECTOR, VMCS_GUEST_TR_SELECTOR},
    {VMCS_HOST_ES_SELECTOR, VMCS_HOST_TR_SELECTOR},
    {VMCS_CR3_TARGET_COUNT, VMCS_VM_ENTRY_INSTRUCTION_LENGTH},
    {VMCS_GUEST_ES_LIMIT, VMCS_GUEST_SYSENTER_CS},
    {VMCS_GUEST_CR0, VMCS_GUEST_SYSENTER_EIP},
    {VMCS_HOST_CR0, VMCS_HOST_RIP},
    {VMCS_GUEST_DEBUGCTL, VMCS_GUEST_DEBUGCTL},
    {VMCS_GUEST_EFER, VMCS_GUEST_EFER},
};
