/*
 * lapic.c: model/lapic*.c, with any sequence of what a guest, other processors and the hardware can
 * do to a local APIC. After each step the rules of "Interrupt, Task, and Processor Priority" (3A
 * 11.8.3) are worked out again from the registers, vector by vector.
 */
#include "model/lapic.h"
#include "cpu/msr.h"
#include "fuzz.h"

#define WORDS    (PAGE_SIZE / 4)
#define EFFECTS  (LAPIC_UPDATE | LAPIC_EOI_LEVEL | LAPIC_IPI | LAPIC_LVT | LAPIC_TIMER)
#define CLASS(v) ((v) / 16)
#define BITS     39u /* physical-address width */

static uint32_t page[WORDS];
static struct lapic lapic;

static bool is_set(const uint32_t *registers, uint32_t offset, unsigned vector)
{
    return (registers[offset / 4 + vector / 32 * 4] >> vector % 32 & 1) != 0;
}

static int highest(const uint32_t *registers, uint32_t offset)
{
    for (int vector = 255; vector >= 0; vector--) {
        if (is_set(registers, offset, (unsigned)vector))
            return vector;
    }
    return LAPIC_NO_VECTOR;
}

static unsigned expected_ppr(void)
{
    unsigned tpr = page[LAPIC_TPR / 4];
    int in_service = highest(page, LAPIC_ISR);

    if (in_service == LAPIC_NO_VECTOR || CLASS(tpr) >= CLASS((unsigned)in_service))
        return tpr;
    return CLASS((unsigned)in_service) * 16;
}

static void claim_priorities(void)
{
    int requested = highest(page, LAPIC_IRR), in_service = highest(page, LAPIC_ISR);
    unsigned ppr = expected_ppr(), tpr = page[LAPIC_TPR / 4], wanted, threshold = 0;
    bool free = requested != LAPIC_NO_VECTOR && CLASS((unsigned)requested) > CLASS(ppr);

    CLAIM(tpr <= 0xFF);
    CLAIM(lapic_highest_requested(&lapic) == requested);
    CLAIM(lapic_highest_in_service(&lapic) == in_service);
    CLAIM(lapic_deliverable(&lapic) == (free ? requested : LAPIC_NO_VECTOR));
    CLAIM(lapic_ppr(&lapic) == ppr && page[LAPIC_PPR / 4] == ppr);
    if (requested != LAPIC_NO_VECTOR) {
        wanted = CLASS((unsigned)requested);
        if (CLASS(tpr) >= wanted &&
            (in_service == LAPIC_NO_VECTOR || CLASS((unsigned)in_service) < wanted))
            threshold = wanted;
    }
    CLAIM(lapic_tpr_threshold(&lapic) == threshold);
}

/* Whether the page has a register in this word. */
static bool is_register(uint32_t word)
{
    uint32_t offset = word * 4;

    if (offset == LAPIC_ICR + 4)
        return lapic_is_x2apic(&lapic) || page[word] != 0; /* left over from x2APIC mode */
    return offset % 16 == 0 && offset < 0x400;
}

static void claim_registers(void)
{
    bool x2apic = lapic_is_x2apic(&lapic);

    for (uint32_t word = 0; word < WORDS; word++)
        CLAIM(is_register(word) || page[word] == 0);
    CLAIM(page[LAPIC_VERSION / 4] == LAPIC_VERSION_VALUE);
    CLAIM(page[LAPIC_ID / 4] == (x2apic ? lapic.id : lapic.id << 24));
    CLAIM((page[LAPIC_SVR / 4] & ~0x1FFu) == 0);
    CLAIM((page[LAPIC_DFR / 4] & 0x0FFFFFFF) == 0x0FFFFFFF);
    CLAIM((page[LAPIC_ESR / 4] & ~0xE0u) == 0 && (lapic.errors & ~0xE0u) == 0);
    CLAIM((page[LAPIC_IRR / 4] & 0xFFFF) == 0 && (page[LAPIC_ISR / 4] & 0xFFFF) == 0);
    for (uint32_t offset = LAPIC_LVT_TIMER; offset <= LAPIC_LVT_ERROR; offset += 0x10) {
        CLAIM((page[offset / 4] & 0xFFF80800 & ~LAPIC_LVT_TSC) == 0);
        CLAIM(page[LAPIC_SVR / 4] & LAPIC_SVR_ENABLE || page[offset / 4] & LAPIC_LVT_MASKED);
    }
    CLAIM((lapic.base & 0x2FF) == 0 && (lapic.base >> BITS) == 0);
    CLAIM(lapic.has_x2apic || !x2apic);
    CLAIM(!x2apic || lapic.base & APIC_BASE_EN);
}

/* An IPI is handed out only if it can be sent, and a broadcast reaches its sender. */
static void claim_effects(uint32_t effects)
{
    struct lapic_ipi ipi = lapic_ipi(&lapic);

    CLAIM((effects & ~EFFECTS) == 0);
    if ((effects & LAPIC_IPI) == 0)
        return;
    CLAIM(ipi.shorthand != LAPIC_SELF && ipi.delivery != LAPIC_RESERVED_3);
    CLAIM(ipi.delivery != LAPIC_EXTINT && ipi.x2apic == lapic_is_x2apic(&lapic));
    CLAIM(ipi.shorthand != LAPIC_ALL || ipi.delivery == LAPIC_FIXED);
    CLAIM(ipi.delivery > LAPIC_LOWEST_PRIORITY || ipi.vector >= LAPIC_VECTOR_MIN);
    if (lapic.base & APIC_BASE_EN)
        CLAIM(lapic_ipi_reaches(&ipi, &lapic, &lapic) || ipi.shorthand != LAPIC_ALL);
    CLAIM(ipi.shorthand != LAPIC_OTHERS || !lapic_ipi_reaches(&ipi, &lapic, &lapic));
}

/* What is refused has changed nothing. */
static void try_msr(struct input *input, const uint32_t *before)
{
    uint32_t msr = MSR_X2APIC_FIRST + (uint32_t)take(input, 1), effects = 0;
    uint64_t value = take_number(input);
    bool x2apic = lapic_is_x2apic(&lapic);

    if (!lapic_write_msr(&lapic, msr, value, &effects))
        CLAIM(memcmp(page, before, sizeof page) == 0 && effects == 0);
    else
        CLAIM(x2apic);
    claim_effects(effects);
    memcpy((uint32_t *)(uintptr_t)before, page, sizeof page);
    if (lapic_read_msr(&lapic, msr, &value))
        CLAIM(x2apic && (value >> 32 == 0 || msr == MSR_X2APIC_FIRST + LAPIC_ICR / 16));
    CLAIM(memcmp(page, before, sizeof page) == 0 || msr == MSR_X2APIC_FIRST + LAPIC_PPR / 16);
}

static void claim_delivery(const uint32_t *before)
{
    int expected = lapic_deliverable(&lapic), vector = lapic_deliver(&lapic);

    CLAIM(vector == expected);
    for (unsigned v = 0; v < 256; v++) {
        bool this_one = (int)v == vector;
        CLAIM(is_set(page, LAPIC_IRR, v) == (!this_one && is_set(before, LAPIC_IRR, v)));
        CLAIM(is_set(page, LAPIC_ISR, v) == (this_one || is_set(before, LAPIC_ISR, v)));
    }
}

static void claim_eoi(const uint32_t *before)
{
    int ended = highest(before, LAPIC_ISR);
    uint32_t effects = lapic_eoi(&lapic);

    CLAIM((effects == 0) == (ended == LAPIC_NO_VECTOR));
    if (effects == 0)
        return;
    CLAIM(((effects & LAPIC_EOI_LEVEL) != 0) == is_set(page, LAPIC_TMR, (unsigned)ended));
    CLAIM(lapic.ended == ended && !is_set(page, LAPIC_ISR, (unsigned)ended));
    CLAIM(highest(page, LAPIC_ISR) < ended);
}

static void claim_request(const uint32_t *before, uint8_t vector, bool level)
{
    bool enabled = lapic_is_enabled(&lapic);

    claim_effects(lapic_request(&lapic, vector, level));
    if (vector < LAPIC_VECTOR_MIN || !enabled)
        return;
    CLAIM(is_set(page, LAPIC_IRR, vector) && is_set(page, LAPIC_TMR, vector) == level);
    CLAIM(memcmp(before + LAPIC_ISR / 4, page + LAPIC_ISR / 4, 0x80) == 0);
}

/* SDM, "x2APIC State Transitions" (11.12.5): there is no way from x2APIC to xAPIC mode. */
static void try_base(struct input *input)
{
    uint64_t old = lapic.base, value = take_number(input);
    uint64_t from, to;

    if (take(input, 1) & 1)
        value = (old & ~0xC00ull) | (value & 0xC00);
    if (!lapic_write_base(&lapic, value, BITS)) {
        CLAIM(lapic.base == old);
        return;
    }
    from = old >> 10 & 3;
    to = lapic.base >> 10 & 3;
    CLAIM(to != 1 && !(from == 3 && to == 2) && !(from == 0 && to == 3));
    CLAIM(((lapic.base ^ value) & ~APIC_BASE_BSP) == 0);
    CLAIM(((lapic.base ^ old) & APIC_BASE_BSP) == 0);
}

static void step(struct input *input)
{
    static uint32_t before[WORDS];
    uint32_t what = (uint32_t)take(input, 1);

    memcpy(before, page, sizeof page);
    switch (what & 7) {
    case 0:
        lapic_read(&lapic, (uint32_t)take(input, 1) << 4);
        break;
    case 1:
        if (!lapic_is_x2apic(&lapic))
            claim_effects(
                lapic_write(&lapic, (uint32_t)take(input, 1) << 4, (uint32_t)take_number(input)));
        break;
    case 2:
        try_msr(input, before);
        break;
    case 3:
        claim_request(before, (uint8_t)take(input, 1), (what & 8) != 0);
        break;
    case 4:
        claim_delivery(before);
        break;
    case 5:
        claim_eoi(before);
        break;
    case 6: /* the hardware's TPR shadow */
        page[LAPIC_TPR / 4] = (uint32_t)take(input, 1);
        break;
    default:
        if (what & 8)
            lapic_reset(&lapic);
        else
            try_base(input);
    }
    claim_priorities();
    claim_registers();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint32_t flags = (uint32_t)take(&input, 1);

    memset(&lapic, 0, sizeof lapic);
    lapic.has_x2apic = (flags & 1) != 0;
    lapic.has_deadline = (flags & 2) != 0;
    lapic_init(&lapic, page, flags >> 4, (flags & 4) != 0);
    lapic_write(&lapic, LAPIC_SVR, flags & 8 ? LAPIC_SVR_ENABLE | 0xFF : 0xFF);
    while (input.left != 0)
        step(&input);
    return 0;
}
