/*
 * audit.c: stands in for hv/vmx/loop.c. Where hv16 would enter its guest, it enters very many, each
 * with a VMCS that differs from a sound one in one field or in two, and compares what the processor
 * says of it with what the auditor of hv/vmx/explain/ says. tests/audit/audit.py builds and runs
 * it.
 *
 * The guests have no memory, so none of them comes further than to the first byte of its first
 * instruction.
 */
#include "vmx/audit.h"
#include "console/end.h"
#include "console/log.h"
#include "lib/string.h"
#include "machine.h"
#include "mem/pages.h"
#include "vmx/capabilities.h"
#include "vmx/explain/words.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

#define FIELDS_MAX 256
#define MEMORY_MAX 0x100000000 /* that the hypervisor can reach */

extern const uint32_t audit_seed, audit_count, audit_trace; /* audit.py writes them */

/* An exit that leads nowhere, and a guest that waits for ever, are not tried, unless the auditor
 * has something against just these fields. */
static const struct {
    uint32_t field;
    uint64_t bits;
} deadly[] = {
    {VMCS_HOST_CR3, ~0xFFFull},
    {VMCS_HOST_CR4, CR4_LA57 | CR4_PCIDE},
    {VMCS_HOST_RIP, UINT64_MAX},
    {VMCS_GUEST_ACTIVITY_STATE, ~(uint64_t)ACTIVITY_HLT},
};
#define DEADLY_FIELDS (sizeof deadly / sizeof deadly[0])

/* Whose rules are broken. */
enum { CONTROLS = 1, HOST = 2, GUEST = 4, UNKNOWN = 8 };

struct verdict {
    uint32_t whose;  /* 0: nothing is wrong */
    uint32_t deadly; /* of the fields in deadly[], those about which there is no complaint */
};

struct change {
    uint32_t field;
    uint64_t before, after;
};

static uint32_t fields[FIELDS_MAX], field_count; /* that this processor has */
static uint64_t sound[FIELDS_MAX], base_values[FIELDS_MAX];
static bool is_asked[FIELDS_MAX]; /* the auditor reads it, with this base */
static uint64_t empty_ept;
static uint32_t tried, entered, refused, skipped, differ;

void vmx_log_state(const struct vcpu *vcpu)
{
    (void)vcpu;
}

void vmx_handle_exits(const struct exit_handlers *given)
{
    (void)given;
}

/* --- Fields ----------------------------------------------------------------------------------- */

static uint32_t index_of(uint32_t field)
{
    for (uint32_t i = 0; i < field_count; i++) {
        if (fields[i] == field)
            return i;
    }
    end_stop("the auditor asks for %s (%x), which this processor does not have",
             vmcs_field_name(field), field);
}

/* Those that can be written, and that hv16 has a name for. Their values are hv16's, but that there
 * is no memory and that the preemption timer is over at once. */
static void find_fields(void)
{
    for (uint32_t field = 0; field < 0x7000 && field_count < FIELDS_MAX; field += 2) {
        bool missing;
        uint64_t value;
        __asm__ volatile("vmread %2, %1" : "=@ccbe"(missing), "=r"(value) : "r"((uint64_t)field));
        if (missing || (field >> 10 & 3) == 1 || field == VMCS_HOST_RSP ||
            vmcs_field_name(field)[0] == 'a')
            continue;
        fields[field_count++] = field;
    }
    vmcs_write(VMCS_EPT_POINTER, empty_ept | (vmcs_read(VMCS_EPT_POINTER) & 0xFFF));
    vmcs_set_bits(VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER);
    vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, 0);
    for (uint32_t i = 0; i < field_count; i++)
        sound[i] = vmcs_read(fields[i]);
}

static void write_all(const uint64_t *values)
{
    for (uint32_t i = 0; i < field_count; i++)
        vmcs_write(fields[i], values[i]);
}

static void make_vmcs(const struct change *changes, uint32_t count)
{
    write_all(base_values);
    for (uint32_t i = 0; i < count; i++)
        vmcs_write(changes[i].field, changes[i].after);
}

/* --- The auditor ------------------------------------------------------------------------------ */

static uint64_t read_field(void *context, uint32_t field)
{
    (void)context;
    is_asked[index_of(field)] = true;
    return vmcs_read(field);
}

static struct vmcs_checker checker = {.read = read_field, .capabilities = &vmx_capabilities};

/* The virtual TPR, which a rule is about: the page is in memory that we can read, or it is not. */
static void find_virtual_tpr(void)
{
    uint64_t address = vmcs_read(VMCS_VIRTUAL_APIC_ADDRESS) + LAPIC_TPR;

    checker.vtpr_known = address < MEMORY_MAX;
    if (checker.vtpr_known)
        checker.vtpr = *(const uint8_t *)physical_pointer(address);
}

static uint32_t whose(const struct vmcs_violation *violation)
{
    const char *section = violation->section;

    if (memcmp(violation->rule, "hv16 does not use", 17) == 0)
        return UNKNOWN;
    while (*section != '(' || memcmp(section, "(27.", 4) != 0)
        section++;
    if (memcmp(section, "(27.2.1", 7) == 0)
        return CONTROLS;
    return section[4] == '2' ? HOST : GUEST;
}

static void note(void *context, const struct vmcs_violation *violation)
{
    struct verdict *verdict = context;

    verdict->whose |= whose(violation);
    for (uint32_t i = 0; i < DEADLY_FIELDS; i++) {
        if (deadly[i].field == violation->field)
            verdict->deadly &= ~(1u << i);
    }
}

static struct verdict audit(void)
{
    struct verdict verdict = {.deadly = UINT32_MAX};

    vmcs_check(&checker, note, &verdict);
    return verdict;
}

/* --- Cases ------------------------------------------------------------------------------------ */

static bool is_deadly(const struct verdict *verdict)
{
    for (uint32_t i = 0; i < DEADLY_FIELDS; i++) {
        uint64_t change = vmcs_read(deadly[i].field) ^ base_values[index_of(deadly[i].field)];
        if ((verdict->deadly >> i & 1) && (change & deadly[i].bits) != 0)
            return true;
    }
    return false;
}

/* Two kinds of VMCSs end Bochs itself: one with an event of type 7, and a 64-bit guest without
 * paging, which it should refuse. */
static bool ends_bochs(void)
{
    uint64_t event = vmcs_read(VMCS_VM_ENTRY_INTERRUPTION_INFO);
    bool long_mode = (vmcs_read(VMCS_ENTRY_CONTROLS) & ENTRYCTL_IA32E_MODE_GUEST) != 0;

    return (event & INTERRUPTION_TYPE) == INTERRUPTION_TYPE_OTHER ||
           (long_mode && (~vmcs_read(VMCS_GUEST_CR0) & (CR0_PE | CR0_PG)) != 0);
}

static bool agree(uint32_t theirs, uint32_t processor)
{
    if (theirs == 0)
        return processor == 0;
    /* The two lists before the guest's may be gone through in any order: "VM Entries" (27). */
    if (theirs & (CONTROLS | HOST))
        return processor == 7 || processor == 8;
    return processor == EXIT_REASON_ENTRY_GUEST_STATE;
}

static void log_violation(void *context, const struct vmcs_violation *violation)
{
    (void)context;
    log_info("  auditor: %s: %s", vmcs_field_name(violation->field), violation->rule);
}

static void report(uint32_t number, uint32_t base, const struct change *changes, uint32_t count,
                   uint32_t processor)
{
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);

    log_info("differ %u: %s", number, cases_base_name(base));
    for (uint32_t i = 0; i < count; i++)
        log_info("  changed: %s %lx %lx", vmcs_field_name(changes[i].field), changes[i].before,
                 changes[i].after);
    make_vmcs(changes, count);
    vmcs_check(&checker, log_violation, NULL);
    log_info("  processor: %u, qualification %lx", processor, qualification);
}

static void try_case(uint32_t number, uint32_t base, const struct change *changes, uint32_t count)
{
    struct verdict verdict;
    uint32_t processor;

    make_vmcs(changes, count);
    find_virtual_tpr();
    verdict = audit();
    if ((verdict.whose & (UNKNOWN | CONTROLS | HOST)) == UNKNOWN || is_deadly(&verdict) ||
        ends_bochs()) {
        skipped++;
        return;
    }
    for (uint32_t i = 0; i < count && audit_trace; i++)
        log_info("try %u: %s %lx: %u", number, vmcs_field_name(changes[i].field), changes[i].after,
                 verdict.whose);
    processor = processor_ask();
    tried++;
    if (processor == 0)
        entered++;
    else
        refused++;
    if (!agree(verdict.whose, processor)) {
        differ++;
        report(number, base, changes, count, processor);
    }
}

/* One that the auditor looks at, mostly. */
static uint32_t choose_field(void)
{
    bool any = cases_random() % 16 == 0;

    for (;;) {
        uint32_t i = (uint32_t)(cases_random() % field_count);
        if (any || is_asked[i])
            return i;
    }
}

/* `count` cases with one field changed, or with two. */
static void try_base(uint32_t base, uint32_t count, uint32_t changed)
{
    struct change changes[2] = {{0}};
    uint32_t refused_before = refused;

    write_all(sound);
    cases_set_base(base);
    for (uint32_t i = 0; i < field_count; i++)
        base_values[i] = vmcs_read(fields[i]);
    memset(is_asked, 0, sizeof is_asked);
    try_case(0, base, changes, 0);
    if (refused != refused_before)
        end_stop("the base \"%s\" is refused", cases_base_name(base));
    for (uint32_t number = 1; number <= count; number++) {
        for (uint32_t i = 0; i < changed; i++) {
            uint32_t at = choose_field();
            changes[i].field = fields[at];
            changes[i].before = base_values[at];
            do
                changes[i].after = cases_change(fields[at], base_values[at]);
            while (changes[i].after == changes[i].before);
        }
        try_case(number, base, changes, changed);
    }
}

_Noreturn void vmx_loop(struct vcpu *vcpu)
{
    (void)vcpu;
    empty_ept = physical_address(pages_alloc(1));
    processor_open();
    find_fields();
    cases_seed(audit_seed);
    for (uint32_t base = 0; base < cases_bases(); base++) {
        try_base(base, audit_count / 2, 1);
        try_base(base, audit_count / 2, 2);
    }
    log_info(
        "audit: %u fields, %u bases, %u VMCSs: %u entered, %u refused, %u differ; %u not tried",
        field_count, cases_bases(), tried, entered, refused, differ, skipped);
    end_guest(0);
}
