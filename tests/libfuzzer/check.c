/*
 * check.c: vmx/explain/check*.c, with any fields of a sound VMCS changed, and with anything in the
 * capability MSRs. What the auditor finds is compared with a processor elsewhere (tests/audit);
 * here, that it reads only fields that exist, and that what it reports makes sense.
 */
#include "vmx/explain/check.h"
#include "check_vmcs.h"
#include "cpu/x86.h"
#include "fuzz.h"
#include "vmx/explain/words.h"

#define FIELDS 0x7000u

static uint64_t values[FIELDS];
static bool was_read[FIELDS], has_name[FIELDS];
static const struct vmcs_capabilities *processor;
static unsigned reports;

/* Whether the field is in a VMCS of this processor: SDM, "Field Encoding in VMCS" (appendix B). */
static bool exists(uint32_t field)
{
    uint32_t proc = (uint32_t)(processor->proc >> 32), proc2 = (uint32_t)(processor->proc2 >> 32);

    if (!(proc & PROC_ACTIVATE_SECONDARY))
        proc2 = 0;
    switch (field) {
    case VMCS_SECONDARY_PROC_CONTROLS:
        return (proc & PROC_ACTIVATE_SECONDARY) != 0;
    case VMCS_VPID:
        return (proc2 & PROC2_ENABLE_VPID) != 0;
    case VMCS_EPT_POINTER:
    case VMCS_GUEST_PDPTE0:
    case VMCS_GUEST_PDPTE1:
    case VMCS_GUEST_PDPTE2:
    case VMCS_GUEST_PDPTE3:
        return (proc2 & PROC2_ENABLE_EPT) != 0;
    case VMCS_MSR_BITMAP:
        return (proc & PROC_USE_MSR_BITMAPS) != 0;
    case VMCS_VIRTUAL_APIC_ADDRESS:
    case VMCS_TPR_THRESHOLD:
        return (proc & PROC_USE_TPR_SHADOW) != 0;
    case VMCS_APIC_ACCESS_ADDRESS:
        return (proc2 & PROC2_VIRTUALIZE_APIC_ACCESSES) != 0;
    case VMCS_POSTED_INTERRUPT_VECTOR:
    case VMCS_POSTED_INTERRUPT_DESCRIPTOR:
        return (processor->pin >> 32 & PIN_PROCESS_POSTED_INTERRUPTS) != 0;
    case VMCS_GUEST_PAT:
        return (processor->entry >> 32 & ENTRYCTL_LOAD_PAT) != 0;
    case VMCS_GUEST_EFER:
        return (processor->entry >> 32 & ENTRYCTL_LOAD_EFER) != 0;
    case VMCS_HOST_PAT:
        return (processor->exit >> 32 & EXITCTL_LOAD_PAT) != 0;
    case VMCS_HOST_EFER:
        return (processor->exit >> 32 & EXITCTL_LOAD_EFER) != 0;
    default:
        return true;
    }
}

static uint64_t read_field(void *context, uint32_t field)
{
    CLAIM(context == values && field < FIELDS && field % 2 == 0);
    if (!has_name[field]) /* asked once: it takes time */
        CLAIM(strstr(vmcs_field_name(field), "not use") == NULL);
    has_name[field] = true;
    CLAIM(exists(field));
    was_read[field] = true;
    return values[field];
}

static void report(void *context, const struct vmcs_violation *violation)
{
    CLAIM(context == &reports && was_read[violation->field]);
    CLAIM(violation->value == values[violation->field]);
    CLAIM(violation->rule != NULL && violation->rule[0] != '\0');
    CLAIM(strstr(violation->section, "(27.") != NULL);
    reports++;
}

static void set_all(const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[settings[i].field] = settings[i].value;
}

/* One that breaks no rule, at least of a processor that has all that it uses. */
static void make_sound(void)
{
    memset(values, 0, sizeof values);
    memset(was_read, 0, sizeof was_read);
    set_all(good_controls_and_host, sizeof good_controls_and_host / sizeof *good_controls_and_host);
    set_all(good_guest, sizeof good_guest / sizeof *good_guest);
    for (uint32_t i = 0; i < 16; i += 2) {
        values[VMCS_GUEST_ES_LIMIT + i] = 0xFFFF;
        if (i < 12)
            values[VMCS_GUEST_ES_ACCESS_RIGHTS + i] = 0x93;
    }
}

/* A field by its width, area and index, and its value; now and then one bit of it. */
static void change(struct input *input)
{
    static const uint64_t widths[] = {0xFFFF, UINT64_MAX, 0xFFFFFFFF, UINT64_MAX};
    uint32_t kind = (uint32_t)take(input, 1), index = (uint32_t)take(input, 1) & 0x3F;
    uint32_t field = (kind & 3) << 13 | (kind >> 2 & 3) << 10 | index << 1;
    uint64_t value = take_number(input) & widths[kind & 3];

    if (field < FIELDS)
        values[field] = kind & 0x80 ? values[field] ^ value : value;
}

/* The high half of such an MSR: the controls that may be 1. */
static uint64_t may_be(struct input *input, uint32_t sound)
{
    uint64_t missing = take_number(input);

    return (sound | (UINT32_MAX & ~missing)) << 32;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint64_t flags = take(&input, 1);
    struct vmcs_capabilities capabilities = {
        .misc = 4 << 16 | 0x1C0,
        .pin = may_be(&input, PIN),
        .proc = may_be(&input, PROC) & ~((uint64_t)PROC_ACTIVATE_TERTIARY << 32),
        .proc2 = may_be(&input, PROC2),
        .exit = may_be(&input, EXIT) & ~(1ull << 63),
        .entry = may_be(&input, ENTRY),
        .cr0_fixed0 = 0x80000021,
        .cr0_fixed1 = 0xFFFFFFFF,
        .cr4_fixed0 = 0x2000,
        .cr4_fixed1 = 0xFFFFFF,
        .ept_vpid = 1 << 6 | 1 << 14 | 1 << 21,
        .physical_width = 40 + (uint32_t)(flags >> 4 & 7),
        .linear_width = flags & 2 ? 57 : 48,
    };
    struct vmcs_checker checker = {read_field, values, &capabilities, (flags & 4) != 0, 0x60};
    unsigned broken;

    processor = &capabilities;
    make_sound();
    if (input.left == 0)
        CLAIM(vmcs_check(&checker, report, &reports) == 0);
    while (input.left != 0)
        change(&input);
    reports = 0;
    broken = vmcs_check(&checker, report, &reports);
    CLAIM(broken == reports);
    CLAIM(broken != 0 || values[VMCS_GUEST_RFLAGS] & 2);
    broken = reports;
    reports = 0;
    CLAIM(vmcs_check(&checker, report, &reports) == broken);
    return 0;
}
