/*
 * vmx/explain/field_names.c: a flat table of names. Text and number are made from one word of the
 * list, so the two cannot differ. All names are one string, and those of fields that hv16 does not
 * use are left out, for the image has to be small. fields.h has them all.
 */
#include "vmx/explain/words.h"
#include "vmx/fields.h"

/* Several names a line: one each would be 180 lines that say nothing. */
/* clang-format off */
#define FIELDS(X) \
    X(VPID) X(POSTED_INTERRUPT_VECTOR) X(GUEST_ES_SELECTOR) X(GUEST_CS_SELECTOR)                 \
    X(GUEST_SS_SELECTOR) X(GUEST_DS_SELECTOR) X(GUEST_FS_SELECTOR) X(GUEST_GS_SELECTOR)          \
    X(GUEST_LDTR_SELECTOR) X(GUEST_TR_SELECTOR) X(GUEST_INTERRUPT_STATUS) X(HOST_ES_SELECTOR)    \
    X(HOST_CS_SELECTOR) X(HOST_SS_SELECTOR) X(HOST_DS_SELECTOR) X(HOST_FS_SELECTOR)              \
    X(HOST_GS_SELECTOR) X(HOST_TR_SELECTOR) X(IO_BITMAP_A) X(IO_BITMAP_B) X(MSR_BITMAP)          \
    X(TSC_OFFSET) X(VIRTUAL_APIC_ADDRESS) X(APIC_ACCESS_ADDRESS) X(POSTED_INTERRUPT_DESCRIPTOR)  \
    X(EPT_POINTER) X(EOI_EXIT_BITMAP_0) X(EOI_EXIT_BITMAP_1) X(EOI_EXIT_BITMAP_2)                \
    X(EOI_EXIT_BITMAP_3) X(GUEST_PHYSICAL_ADDRESS) X(LINK_POINTER) X(GUEST_DEBUGCTL)             \
    X(GUEST_PAT) X(GUEST_EFER) X(GUEST_PDPTE0) X(GUEST_PDPTE1) X(GUEST_PDPTE2) X(GUEST_PDPTE3)   \
    X(HOST_PAT) X(HOST_EFER) X(PIN_CONTROLS) X(PRIMARY_PROC_CONTROLS) X(EXCEPTION_BITMAP)        \
    X(PAGE_FAULT_ERROR_MASK) X(PAGE_FAULT_ERROR_MATCH) X(CR3_TARGET_COUNT) X(EXIT_CONTROLS)      \
    X(VM_EXIT_MSR_STORE_COUNT) X(VM_EXIT_MSR_LOAD_COUNT) X(ENTRY_CONTROLS)                       \
    X(VM_ENTRY_MSR_LOAD_COUNT) X(VM_ENTRY_INTERRUPTION_INFO) X(VM_ENTRY_EXCEPTION_ERROR_CODE)    \
    X(VM_ENTRY_INSTRUCTION_LENGTH) X(TPR_THRESHOLD) X(SECONDARY_PROC_CONTROLS)                   \
    X(VM_INSTRUCTION_ERROR) X(EXIT_REASON) X(EXIT_INTERRUPTION_INFO)                             \
    X(EXIT_INTERRUPTION_ERROR_CODE) X(IDT_VECTORING_INFO) X(IDT_VECTORING_ERROR_CODE)            \
    X(EXIT_INSTRUCTION_LENGTH) X(EXIT_INSTRUCTION_INFO) X(GUEST_ES_LIMIT) X(GUEST_CS_LIMIT)      \
    X(GUEST_SS_LIMIT) X(GUEST_DS_LIMIT) X(GUEST_FS_LIMIT) X(GUEST_GS_LIMIT) X(GUEST_LDTR_LIMIT)  \
    X(GUEST_TR_LIMIT) X(GUEST_GDTR_LIMIT) X(GUEST_IDTR_LIMIT) X(GUEST_ES_ACCESS_RIGHTS)          \
    X(GUEST_CS_ACCESS_RIGHTS) X(GUEST_SS_ACCESS_RIGHTS) X(GUEST_DS_ACCESS_RIGHTS)                \
    X(GUEST_FS_ACCESS_RIGHTS) X(GUEST_GS_ACCESS_RIGHTS) X(GUEST_LDTR_ACCESS_RIGHTS)              \
    X(GUEST_TR_ACCESS_RIGHTS) X(GUEST_INTERRUPTIBILITY) X(GUEST_ACTIVITY_STATE) X(GUEST_SMBASE)  \
    X(GUEST_SYSENTER_CS) X(PREEMPTION_TIMER_VALUE) X(HOST_SYSENTER_CS) X(CR0_GUEST_HOST_MASK)    \
    X(CR4_GUEST_HOST_MASK) X(CR0_READ_SHADOW) X(CR4_READ_SHADOW) X(EXIT_QUALIFICATION) X(IO_RCX) \
    X(IO_RSI) X(IO_RDI) X(IO_RIP) X(GUEST_LINEAR_ADDRESS) X(GUEST_CR0) X(GUEST_CR3) X(GUEST_CR4) \
    X(GUEST_ES_BASE) X(GUEST_CS_BASE) X(GUEST_SS_BASE) X(GUEST_DS_BASE) X(GUEST_FS_BASE)         \
    X(GUEST_GS_BASE) X(GUEST_LDTR_BASE) X(GUEST_TR_BASE) X(GUEST_GDTR_BASE) X(GUEST_IDTR_BASE)   \
    X(GUEST_DR7) X(GUEST_RSP) X(GUEST_RIP) X(GUEST_RFLAGS) X(GUEST_PENDING_DEBUG)                \
    X(GUEST_SYSENTER_ESP) X(GUEST_SYSENTER_EIP) X(HOST_CR0) X(HOST_CR3) X(HOST_CR4)              \
    X(HOST_FS_BASE) X(HOST_GS_BASE) X(HOST_TR_BASE) X(HOST_GDTR_BASE) X(HOST_IDTR_BASE)          \
    X(HOST_SYSENTER_ESP) X(HOST_SYSENTER_EIP) X(HOST_RSP) X(HOST_RIP)
/* clang-format on */

#define ENCODING(field) VMCS_##field,
#define TEXT(field)     #field "\0"

static const uint16_t encodings[] = {FIELDS(ENCODING)};
static const char names[] = FIELDS(TEXT); /* each ends with its own NUL, in the same order */

const char *vmcs_field_name(uint32_t encoding)
{
    const uint32_t is_64_bit = 0x2000, width = 0x6000, high_half = 1;
    const char *name = names;

    if ((encoding & width) == is_64_bit)
        encoding &= ~high_half;
    for (uint32_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        if (encodings[i] == encoding)
            return name;
        while (*name++ != '\0') {
        }
    }
    return "a field that hv16 does not use";
}
