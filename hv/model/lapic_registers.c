/*
 * model/lapic_registers.c: what reads and writes of the registers do, in the page and through MSRs.
 * Source: SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)" (3A 11).
 */
#include "cpu/msr.h"
#include "model/lapic.h"

#define INDEX(offset)    ((offset) >> 4)
#define REGISTER(offset) (1ull << INDEX(offset))
#define VECTORS(offset)  (0xFFull << INDEX(offset))

/* Sets of registers, one bit for each 10H of the page: the 64 of them fill the first 400H. */
#define LVTS (0x3Full << INDEX(LAPIC_LVT_TIMER))
#define READ_ONLY                                                                                  \
    (REGISTER(LAPIC_ID) | REGISTER(LAPIC_VERSION) | REGISTER(LAPIC_PPR) | VECTORS(LAPIC_ISR) |     \
     VECTORS(LAPIC_TMR) | VECTORS(LAPIC_IRR) | REGISTER(LAPIC_CURRENT_COUNT))
#define READ_WRITE                                                                                 \
    (REGISTER(LAPIC_TPR) | REGISTER(LAPIC_SVR) | REGISTER(LAPIC_ESR) | REGISTER(LAPIC_ICR) |       \
     LVTS | REGISTER(LAPIC_INITIAL_COUNT) | REGISTER(LAPIC_DIVIDE))
/* SDM, "Local APIC Register Address Map" (table 11-1). Its footnote says that APR and RRD raise no
 * error, though today's processors have neither: they read as 0. */
#define XAPIC_WRITABLE                                                                             \
    (READ_WRITE | REGISTER(LAPIC_EOI) | REGISTER(LAPIC_LDR) | REGISTER(LAPIC_DFR) |                \
     REGISTER(LAPIC_ICR_HIGH))
#define XAPIC_REGISTERS (READ_ONLY | XAPIC_WRITABLE | REGISTER(LAPIC_APR) | REGISTER(LAPIC_RRD))
/* "Local APIC Register Address Map Supported by x2APIC" (table 11-6). */
#define X2APIC_READABLE (READ_ONLY | READ_WRITE | REGISTER(LAPIC_LDR))
#define X2APIC_WRITABLE (READ_WRITE | REGISTER(LAPIC_EOI) | REGISTER(LAPIC_SELF_IPI))

#define LVT_DELIVERY      0x700u  /* 0 is fixed */
#define LVT_TRIGGER_LEVEL 0x8000u /* LINT0 and LINT1 have it */
#define LVT_SEND_PENDING  0x1000u
#define LVT_REMOTE_IRR    0x4000u
#define DFR_ONES          0x0FFFFFFFu

static bool contains(uint64_t set, uint32_t offset)
{
    return offset < 0x400 && (set >> INDEX(offset) & 1) != 0;
}

/* The bits that software can write: of all other registers none. EOI and ESR keep nothing of what
 * is written: the write itself is the message. LVT entries: SDM, "Local Vector Table" (11.5.1). */
static const struct {
    uint32_t offset, bits;
} WRITABLE_BITS[] = {
    {LAPIC_TPR, 0xFF}, /* the most frequent first */
    {LAPIC_EOI, 0},
    {LAPIC_ICR, 0xCCFFF},
    {LAPIC_ICR_HIGH, 0xFF000000},
    {LAPIC_LDR, 0xFF000000},
    {LAPIC_DFR, 0xF0000000},
    {LAPIC_SVR, 0x1FF}, /* no focus checking, no suppression of EOI broadcasts */
    {LAPIC_LVT_TIMER, 0x300FF | LAPIC_LVT_TSC},
    {LAPIC_LVT_THERMAL, 0x107FF},
    {LAPIC_LVT_PERF, 0x107FF},
    {LAPIC_LVT_LINT0, 0x1A7FF},
    {LAPIC_LVT_LINT1, 0x1A7FF},
    {LAPIC_LVT_ERROR, 0x100FF},
    {LAPIC_INITIAL_COUNT, 0xFFFFFFFF},
    {LAPIC_DIVIDE, 0xB},
    {LAPIC_SELF_IPI, 0xFF},
};

static uint32_t writable_bits(const struct lapic *lapic, uint32_t offset)
{
    for (uint32_t i = 0; i < sizeof WRITABLE_BITS / sizeof WRITABLE_BITS[0]; i++) {
        uint32_t bits = WRITABLE_BITS[i].bits;
        if (WRITABLE_BITS[i].offset == offset)
            return offset == LAPIC_LVT_TIMER && !lapic->has_deadline ? bits & ~LAPIC_LVT_TSC : bits;
    }
    return 0;
}

/* "Valid Interrupt Vectors" (11.5.2): a fixed entry with a vector below 16 may be an error as soon
 * as it is written, even a masked one. Here a masked one is none: 10000H is how an entry is
 * commonly switched off. */
static uint32_t write_lvt(struct lapic *lapic, uint32_t offset, uint32_t value)
{
    if ((lapic->page[LAPIC_SVR / 4] & LAPIC_SVR_ENABLE) == 0)
        value |= LAPIC_LVT_MASKED;
    lapic->page[offset / 4] = value;
    if ((value & (LAPIC_LVT_MASKED | LVT_DELIVERY | 0xF0)) != 0)
        return LAPIC_LVT;
    return LAPIC_LVT | lapic_error(lapic, LAPIC_RECEIVE_ILLEGAL_VECTOR);
}

/* Stores `value`, of which only writable bits are left, and does what the write is for. */
static uint32_t store(struct lapic *lapic, uint32_t offset, uint32_t value)
{
    uint32_t *page = lapic->page;

    /* "In TSC-deadline mode, writes to the initial-count register are ignored" (11.5.4.1). */
    if (offset == LAPIC_INITIAL_COUNT && (page[LAPIC_LVT_TIMER / 4] & LAPIC_LVT_TSC) != 0)
        return 0;
    page[offset / 4] = value;
    switch (offset) {
    case LAPIC_TPR:
        lapic->tpr_written = (uint8_t)value;
        return LAPIC_UPDATE;
    case LAPIC_EOI:
        return lapic_eoi(lapic);
    case LAPIC_DFR:
        page[LAPIC_DFR / 4] = value | DFR_ONES;
        return LAPIC_LVT;
    case LAPIC_LDR:
        return LAPIC_LVT;
    case LAPIC_SVR: /* "Local APIC State After It Has Been Software Disabled": IRR and ISR stay */
        if ((value & LAPIC_SVR_ENABLE) == 0)
            lapic_mask_lvts(lapic);
        return LAPIC_LVT | LAPIC_UPDATE;
    case LAPIC_ESR: /* shows what was detected since the last write */
        page[LAPIC_ESR / 4] = lapic->errors;
        lapic->errors = 0;
        return 0;
    case LAPIC_ICR:
        return lapic_icr_written(lapic);
    case LAPIC_SELF_IPI:
        return lapic_self_ipi(lapic, (uint8_t)value);
    case LAPIC_INITIAL_COUNT:
    case LAPIC_DIVIDE:
        return LAPIC_TIMER;
    default:
        return contains(LVTS, offset) ? write_lvt(lapic, offset, value) : 0;
    }
}

uint32_t lapic_read(struct lapic *lapic, uint32_t offset)
{
    if (!contains(XAPIC_REGISTERS, offset)) {
        lapic_error(lapic, LAPIC_ILLEGAL_REGISTER);
        return 0;
    }
    if (offset == LAPIC_PPR)
        return lapic_ppr(lapic);
    return lapic->page[offset / 4];
}

/* Writes of read-only registers are ignored. Only the ID has to be put back: that write comes as an
 * APIC-write exit, after it has been made. */
uint32_t lapic_write(struct lapic *lapic, uint32_t offset, uint32_t value)
{
    if (contains(XAPIC_WRITABLE, offset))
        return store(lapic, offset, value & writable_bits(lapic, offset));
    if (!contains(XAPIC_REGISTERS, offset))
        return lapic_error(lapic, LAPIC_ILLEGAL_REGISTER);
    lapic->page[LAPIC_ID / 4] = lapic->id << 24;
    return 0;
}

bool lapic_read_msr(struct lapic *lapic, uint32_t msr, uint64_t *value)
{
    uint32_t offset = (msr - MSR_X2APIC_FIRST) << 4;

    if (!lapic_is_x2apic(lapic) || !contains(X2APIC_READABLE, offset))
        return false;
    *value = lapic_read(lapic, offset);
    if (offset == LAPIC_ICR)
        *value |= (uint64_t)lapic->page[LAPIC_ICR / 4 + 1] << 32;
    return true;
}

/* A reserved bit is #GP, and a bit that can only be read is not reserved: a guest may write back an
 * LVT entry as it has read it. Only ICR is 64 bits wide, and its delivery status is gone. */
bool lapic_write_msr(struct lapic *lapic, uint32_t msr, uint64_t value, uint32_t *effects)
{
    uint32_t offset = (msr - MSR_X2APIC_FIRST) << 4;
    uint32_t bits, read_only = 0;

    if (!lapic_is_x2apic(lapic) || !contains(X2APIC_WRITABLE, offset))
        return false;
    bits = writable_bits(lapic, offset);
    if (contains(LVTS, offset))
        read_only = bits & LVT_TRIGGER_LEVEL ? LVT_SEND_PENDING | LVT_REMOTE_IRR : LVT_SEND_PENDING;
    if (((uint32_t)value & ~(bits | read_only)) != 0 || (offset != LAPIC_ICR && value >> 32 != 0))
        return false;
    if (offset == LAPIC_ICR)
        lapic->page[LAPIC_ICR / 4 + 1] = (uint32_t)(value >> 32);
    *effects = store(lapic, offset, (uint32_t)value & bits);
    return true;
}

/* Bits 11:10, EN and EXTD, are the mode. Table 11-5 of "x2APIC States" (11.12.5.1) names them, and
 * the sections after it tell where each one may go. */
#define MODE(base) ((uint32_t)((base) >> 10) & 3)
enum { MODE_DISABLED, MODE_INVALID, MODE_XAPIC, MODE_X2APIC };
#define TO(mode) (1u << (mode))
static const uint8_t NEXT_MODES[] = {
    [MODE_DISABLED] = TO(MODE_DISABLED) | TO(MODE_XAPIC),
    [MODE_XAPIC] = TO(MODE_DISABLED) | TO(MODE_XAPIC) | TO(MODE_X2APIC),
    [MODE_X2APIC] = TO(MODE_DISABLED) | TO(MODE_X2APIC),
};

/* "State Changes From xAPIC Mode to x2APIC Mode": ID and LDR are new, and the upper half of ICR is
 * lost; the rest stays. From "disabled" to xAPIC mode, these are what they were anyway. */
bool lapic_write_base(struct lapic *lapic, uint64_t value, uint32_t physical_bits)
{
    uint64_t address = APIC_BASE_ADDRESS & ((1ull << physical_bits) - 1);
    uint64_t flags = APIC_BASE_EN | APIC_BASE_BSP | (lapic->has_x2apic ? APIC_BASE_EXTD : 0);
    uint32_t old_mode = MODE(lapic->base);
    uint32_t mode = MODE(value);

    if ((value & ~(address | flags)) != 0 || (NEXT_MODES[old_mode] & TO(mode)) == 0)
        return false;
    lapic->base = (value & ~APIC_BASE_BSP) | (lapic->base & APIC_BASE_BSP);
    if (mode == old_mode)
        return true;
    if (mode == MODE_DISABLED)
        lapic_reset(lapic);
    lapic->page[LAPIC_ICR_HIGH / 4] = 0;
    lapic_set_ids(lapic);
    return true;
}

void lapic_mask_lvts(struct lapic *lapic)
{
    for (uint32_t offset = LAPIC_LVT_TIMER; offset <= LAPIC_LVT_ERROR; offset += 0x10)
        lapic->page[offset / 4] |= LAPIC_LVT_MASKED;
}

/* "Local APIC ID" (11.4.6), "Deriving Logical x2APIC ID from the Local x2APIC ID" (11.12.10.2).
 * Neither can be written in x2APIC mode, and the ID cannot in xAPIC mode either, as on processors
 * since 2008. */
void lapic_set_ids(struct lapic *lapic)
{
    bool x2apic = lapic_is_x2apic(lapic);
    uint32_t id = lapic->id;

    lapic->page[LAPIC_ID / 4] = x2apic ? id : id << 24;
    lapic->page[LAPIC_LDR / 4] = x2apic ? (id >> 4) << 16 | 1u << (id & 15) : 0;
}
