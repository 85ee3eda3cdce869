/*
 * apic/apic.c: the guest's APIC: opening it, and what exits about it come down to.
 */
#include "apic/apic.h"
#include "apic/inbox.h"
#include "apic/physical.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "lib/lock.h"
#include "machine.h"
#include "mem/pages.h"
#include "quirks.h"
#include "virt/virt.h"

#define POISON 0xDEADBEEFu

const struct apic_mode *apic_mode;
static void *access_page; /* one for all processors: only its address matters */

/* --- Opening --- */

static void open_model(struct vcpu *vcpu)
{
    struct lapic *lapic = &vcpu->lapic;
    uint64_t base = physical_apic_base();

    lapic_init(lapic, lapic->page, (uint32_t)cpuid(1, 0).ebx >> 24, (base & APIC_BASE_BSP) != 0);
    lapic->has_x2apic = apic_mode->virtual.x2apic;
    lapic->has_deadline = (cpuid(1, 0).ecx & CPUID_1_ECX_TSC_DEADLINE) != 0;
    lapic->stale_tpr = machine.options.bug == BUG_STALE_TPR;
    lapic->base = (base & ~APIC_BASE_EXTD) | APIC_BASE_EN;
    physical_apic_copy_to(lapic);
}

/* The model's own page is the virtual-APIC page: what the processor writes there, the model reads.
 */
static void open_virtual(struct vcpu *vcpu)
{
    const struct virt_apic_pages pages = {
        .access = physical_address(access_page),
        .virtual = physical_address(vcpu->lapic.page),
        .posted = physical_address(&vcpu->posted),
        .notification_vector = POSTED_NOTIFICATION,
    };

    virt->apic_open(&apic_mode->virtual, &pages);
    if (apic_delivers())
        quirk_delivery_does_not_wake();
    if (apic_mode->virtual.posting && !virt->apic_posts())
        log_info("apic: this processor lacks \"process posted interrupts\": the descriptor is "
                 "drained in software");
}

/* What `access` of EPT's is right for all processors, which share it. Where they differ in where
 * the APIC is, or whether it is there, none is, and each access exits. */
static uint32_t common_access(uint64_t base, uint32_t access)
{
    uint64_t counts = APIC_BASE_ADDRESS | APIC_BASE_EN | APIC_BASE_EXTD;

    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (vcpus[i].is_up && ((vcpus[i].lapic.base ^ base) & counts) != 0)
            return EPT_NOTHING;
    return machine.is_svm ? EPT_NOTHING : access; /* SVM has no APIC-access page */
}

/* What EPT has where the guest's APIC is, by its IA32_APIC_BASE: the page that the processor knows,
 * with the mode's access, if the APIC is on and not in x2APIC mode, and nothing otherwise. And
 * nothing where the machine's own APIC is, unless that is the same place. */
static void place_page(const struct vcpu *vcpu)
{
    uint64_t base = vcpu->lapic.base;
    bool is_xapic = (base & (APIC_BASE_EN | APIC_BASE_EXTD)) == APIC_BASE_EN;
    uint32_t access = is_xapic ? apic_mode->page_access : EPT_NOTHING;

    ept_replace_page(EPT_SLOT_APIC, physical_apic_base() & APIC_BASE_ADDRESS, 0, EPT_NOTHING);
    ept_replace_page(EPT_SLOT_GUESTS_APIC + vcpu->id, base & APIC_BASE_ADDRESS,
                     physical_address(access_page), common_access(base, access));
}

/* What is right for one may now be wrong for another. No other processor has to forget anything:
 * what it remembers is right for itself. */
static void place_pages(const struct vcpu *changed)
{
    static bool placing;

    lock(&placing);
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (&vcpus[i] == changed || (vcpus[i].is_up && changed->is_up))
            place_page(&vcpus[i]);
    unlock(&placing);
}

/* IA32_APIC_BASE has a new value. Reading it exits only if the guest's is not the machine's. */
static void follow_base(struct vcpu *vcpu)
{
    virt->trap_msr(vcpu, MSR_IA32_APIC_BASE, vcpu->lapic.base != physical_apic_base(), true);
    x2apic_follow_mode(vcpu);
    external_follow_mode(vcpu);
    place_pages(vcpu);
    if (machine.options.bug == BUG_RAW_PAGE)
        vcpu->lapic.page[LAPIC_ID / 4] = vcpu->lapic.page[LAPIC_ID / 4 + 1] = POISON;
}

/* The model has been reset: what waits for the guest elsewhere goes as well, and whatever was left
 * to the machine is not any more. */
static void forget_interrupts(struct vcpu *vcpu)
{
    vcpu->external.extint_count = 0;
    physical_apic_set_lvt(&vcpu->lapic);
    external_window_opens(vcpu);
}

void apic_restart(struct vcpu *vcpu)
{
    if (apic_mode == NULL)
        return;
    open_model(vcpu);
    follow_base(vcpu);
    forget_interrupts(vcpu);
}

void apic_reset(struct vcpu *vcpu)
{
    if (apic_mode == NULL) {
        physical_apic_reset();
        return;
    }
    lapic_reset(&vcpu->lapic);
    physical_apic_set_timer(&vcpu->lapic);
    forget_interrupts(vcpu);
}

void apic_open(struct vcpu *vcpu)
{
    physical_apic_open();
    vcpu->apic_id = physical_apic_id();
    if (apic_mode == NULL) {
        virt->trap_msr(vcpu, MSR_IA32_APIC_BASE, false, true);
        return;
    }
    if (access_page == NULL)
        access_page = pages_alloc(1);
    vcpu->lapic.page = pages_alloc(1);
    open_virtual(vcpu);
    apic_restart(vcpu);
    if (vcpu->id > 0)
        return; /* it is announced when it is up: init/start.c */
    log_info("apic: %s; IA32_APIC_BASE %lx, APIC-access address %lx, virtual-APIC address %lx",
             apic_mode->name, vcpu->lapic.base, physical_address(access_page),
             physical_address(vcpu->lapic.page));
}

uint64_t apic_access_address(void)
{
    bool used = apic_mode != NULL && apic_mode->virtual.page_accesses;

    return used ? physical_address(access_page) : 0;
}

uint64_t apic_virtual_address(const struct vcpu *vcpu)
{
    bool used = apic_mode != NULL && apic_mode->virtual.tpr_shadow;

    return used ? physical_address(vcpu->lapic.page) : 0;
}

/* --- Accesses --- */

static bool same_page(uint64_t base, uint64_t physical)
{
    return (base & APIC_BASE_ADDRESS) == (physical & ~(PAGE_SIZE - 1));
}

bool apic_claims(const struct vcpu *vcpu, uint64_t physical)
{
    if (apic_mode == NULL)
        return false;
    if (same_page(vcpu->lapic.base, physical) || same_page(physical_apic_base(), physical))
        return true;
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (vcpus[i].is_up && same_page(vcpus[i].lapic.base, physical))
            return true;
    return false;
}

bool apic_answers(const struct vcpu *vcpu, uint64_t physical)
{
    uint64_t mode = APIC_BASE_EN | APIC_BASE_EXTD;

    return same_page(vcpu->lapic.base, physical) && (vcpu->lapic.base & mode) == APIC_BASE_EN;
}

/* What the machine's own APIC adds to a register: the count, and to IRR what has not exited yet,
 * while the guest has interrupts off. */
static uint32_t machines_part(uint32_t offset)
{
    bool is_irr = (offset & ~0x7Fu) == LAPIC_IRR;

    return is_irr || offset == LAPIC_CURRENT_COUNT ? physical_apic_read(offset) : 0;
}

uint32_t apic_read(struct vcpu *vcpu, uint32_t offset)
{
    uint32_t errors = vcpu->lapic.errors;
    uint32_t value = lapic_read(&vcpu->lapic, offset) | machines_part(offset);

    if (vcpu->lapic.errors != errors)
        apic_update(vcpu); /* the error may be an interrupt */
    return value;
}

void apic_carry_out(struct vcpu *vcpu, uint32_t effects)
{
    if (effects & LAPIC_LVT)
        physical_apic_set_lvt(&vcpu->lapic);
    if (effects & LAPIC_TIMER)
        physical_apic_set_timer(&vcpu->lapic);
    if (effects & LAPIC_EOI_LEVEL)
        physical_apic_eoi();
    if (effects & LAPIC_IPI)
        ipi_send(vcpu);
    if (effects & LAPIC_UPDATE)
        apic_update(vcpu);
}

void apic_write(struct vcpu *vcpu, uint32_t offset, uint32_t value)
{
    apic_carry_out(vcpu, lapic_write(&vcpu->lapic, offset, value));
}

void apic_written(struct vcpu *vcpu, uint32_t offset)
{
    apic_write(vcpu, offset, vcpu->lapic.page[offset / 4]);
}

bool apic_read_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    if (msr == MSR_IA32_APIC_BASE) {
        *value = vcpu->lapic.base;
        return true;
    }
    if (!lapic_read_msr(&vcpu->lapic, msr, value))
        return false;
    *value |= machines_part((msr - MSR_X2APIC_FIRST) << 4);
    return true;
}

bool apic_write_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    uint32_t effects = LAPIC_LVT | LAPIC_UPDATE; /* of another IA32_APIC_BASE */

    if (apic_mode == NULL)
        return physical_apic_set_base(value);
    if (msr == MSR_IA32_APIC_BASE) {
        if (!lapic_write_base(&vcpu->lapic, value, machine.physical_bits))
            return false;
        follow_base(vcpu);
    } else if (!lapic_write_msr(&vcpu->lapic, msr, value, &effects)) {
        return false;
    }
    apic_carry_out(vcpu, effects);
    return true;
}

void apic_correct_cpuid(struct vcpu *vcpu)
{
    if (apic_mode == NULL)
        return;
    if (!apic_mode->virtual.x2apic)
        vcpu->gpr[REG_RCX] &= ~(uint64_t)CPUID_1_ECX_X2APIC;
    if ((vcpu->lapic.base & APIC_BASE_EN) == 0)
        vcpu->gpr[REG_RDX] &= ~(uint64_t)CPUID_1_EDX_APIC;
}
