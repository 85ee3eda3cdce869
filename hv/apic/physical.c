/*
 * apic/physical.c: the machine's APIC, by aligned accesses of 32 bits only: SDM volume 3, "Local
 * APIC Register Address Map" (3A 11.4.1).
 */
#include "apic/physical.h"
#include "console/end.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "host/tables.h"
#include "machine.h"
#include "mem/ept.h"

#define SPURIOUS_VECTOR 0xFFu
#define LVT_LAST        LAPIC_LVT_LINT1 /* of those the guest uses: errors here are hv16's own */

static bool is_x2apic;
static volatile uint32_t *page;

uint64_t physical_apic_base(void)
{
    return rdmsr(MSR_IA32_APIC_BASE);
}

void physical_apic_open(void)
{
    is_x2apic = (physical_apic_base() & APIC_BASE_EXTD) != 0;
    page = physical_pointer(physical_apic_base() & APIC_BASE_ADDRESS);
}

bool physical_apic_set_base(uint64_t value)
{
    uint64_t address = value & APIC_BASE_ADDRESS;

    if ((value & APIC_BASE_EN) && ept_is_hidden(address))
        end_stop("the guest moves its APIC to %lx: hv16's own memory would be out of sight",
                 address);
    return wrmsr_safe(MSR_IA32_APIC_BASE, value);
}

uint32_t physical_apic_read(uint32_t offset)
{
    return is_x2apic ? (uint32_t)rdmsr(MSR_X2APIC_FIRST + offset / 16) : page[offset / 4];
}

static void write(uint32_t offset, uint32_t value)
{
    if (is_x2apic)
        wrmsr(MSR_X2APIC_FIRST + offset / 16, value);
    else
        page[offset / 4] = value;
}

uint32_t physical_apic_id(void)
{
    return is_x2apic ? physical_apic_read(LAPIC_ID) : physical_apic_read(LAPIC_ID) >> 24;
}

/* With apic=off the APIC is the guest's: it may have changed the mode, and what it has in the upper
 * half of ICR for a command of its own must still be there. */
void physical_apic_send(uint32_t apic_id, uint32_t command)
{
    uint32_t guests;

    physical_apic_open();
    command |= LAPIC_ICR_ASSERT;
    if (is_x2apic) {
        wrmsr(MSR_X2APIC_FIRST + LAPIC_ICR / 16, (uint64_t)apic_id << 32 | command);
        return;
    }
    guests = physical_apic_read(LAPIC_ICR_HIGH);
    while (physical_apic_read(LAPIC_ICR) & LAPIC_ICR_PENDING)
        ;
    write(LAPIC_ICR_HIGH, apic_id << 24);
    write(LAPIC_ICR, command);
    while (physical_apic_read(LAPIC_ICR) & LAPIC_ICR_PENDING)
        ;
    write(LAPIC_ICR_HIGH, guests);
}

void physical_apic_copy_to(struct lapic *lapic)
{
    lapic->page[LAPIC_VERSION / 4] = physical_apic_read(LAPIC_VERSION) & 0xFF00FF; /* no more */
    lapic->page[LAPIC_SVR / 4] = physical_apic_read(LAPIC_SVR);
    for (uint32_t lvt = LAPIC_LVT_TIMER; lvt <= LVT_LAST; lvt += 0x10)
        lapic->page[lvt / 4] = physical_apic_read(lvt);
}

/* An INIT or an SMI by a local interrupt pin would be none of the guest's; and the hypervisor's own
 * APIC would call a vector below 16 an error. */
static uint32_t harmless(uint32_t entry)
{
    uint32_t delivery = entry >> 8 & 7;
    bool good = delivery == LAPIC_NMI || delivery == LAPIC_EXTINT ||
                (delivery == LAPIC_FIXED && (uint8_t)entry >= LAPIC_VECTOR_MIN);

    return good ? entry : entry | LAPIC_LVT_MASKED;
}

/* An I/O APIC sends to logical destinations as well, and it is this APIC that compares. In x2APIC
 * mode the guest's LDR has its set of members in the low bits; the machine's own is fixed there. */
static void set_logical_id(const struct lapic *lapic)
{
    uint32_t ldr = lapic->page[LAPIC_LDR / 4];

    if (is_x2apic)
        return;
    write(LAPIC_DFR, lapic->page[LAPIC_DFR / 4]);
    write(LAPIC_LDR, lapic_is_x2apic(lapic) ? ldr << 24 : ldr);
}

void physical_apic_set_lvt(const struct lapic *lapic)
{
    set_logical_id(lapic);
    write(LAPIC_SVR, (lapic->page[LAPIC_SVR / 4] & LAPIC_SVR_ENABLE) | SPURIOUS_VECTOR);
    for (uint32_t lvt = LAPIC_LVT_TIMER; lvt <= LVT_LAST; lvt += 0x10)
        write(lvt, harmless(lapic->page[lvt / 4]));
}

void physical_apic_set_timer(const struct lapic *lapic)
{
    write(LAPIC_DIVIDE, lapic->page[LAPIC_DIVIDE / 4]);
    write(LAPIC_INITIAL_COUNT, lapic->page[LAPIC_INITIAL_COUNT / 4]);
}

/* The highest class in IRR or ISR; -1 if there is none. */
static int highest_class(uint32_t first)
{
    for (int i = 7; i >= 0; i--) {
        uint32_t word = physical_apic_read(first + (uint32_t)i * 16);

        if (word != 0)
            return i * 2 + (word > 0xFFFF);
    }
    return -1;
}

/* hv16 leaves its TPR at 0, so only what is in service holds a request back. */
bool physical_apic_offers(void)
{
    return highest_class(LAPIC_IRR) > highest_class(LAPIC_ISR);
}

bool physical_apic_has(uint32_t set, uint8_t vector)
{
    return physical_apic_read(set + vector / 32 * 16) >> vector % 32 & 1;
}

void physical_apic_eoi(void)
{
    write(LAPIC_EOI, 0);
}

void physical_apic_reset(void)
{
    physical_apic_open();
    if ((physical_apic_base() & APIC_BASE_EN) == 0)
        return;
    write(LAPIC_TPR, 0);
    while (highest_class(LAPIC_ISR) >= 0)
        physical_apic_eoi();
    for (uint32_t lvt = LAPIC_LVT_TIMER; lvt <= LAPIC_LVT_ERROR; lvt += 0x10)
        write(lvt, LAPIC_LVT_MASKED);
    write(LAPIC_INITIAL_COUNT, 0);
    write(LAPIC_DIVIDE, 0);
    if (!is_x2apic) {
        write(LAPIC_LDR, 0);
        write(LAPIC_DFR, ~0u);
    }
    write(LAPIC_SVR, SPURIOUS_VECTOR);
}
