/*
 * model/lapic_registers.c: what reads and writes of the registers do, in the page and through MSRs.
 * Source: SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)" (3A 11).
 */
#include "cpu/msr.h"
#include "model/lapic.h"

#define INDEX(offset) ((offset) >> 4)

/* What a register is in the two modes. SDM, "Local APIC Register Address Map" (table 11-1) and
 * "Local APIC Register Address Map Supported by x2APIC" (table 11-6). */
#define XAPIC_READ   0x01u /* otherwise it is an "illegal register address" */
#define XAPIC_WRITE  0x02u
#define X2APIC_READ  0x04u
#define X2APIC_WRITE 0x08u
#define READ_ONLY    (XAPIC_READ | X2APIC_READ)
#define READ_WRITE   (READ_ONLY | XAPIC_WRITE | X2APIC_WRITE)
#define LVT          (READ_WRITE | 0x10u) /* an entry of the local vector table */

/* Each register, and the bits of it that software can write. EOI and ESR keep nothing of what is
 * written: the write itself is the message. LVT entries: SDM, "Local Vector Table" (11.5.1). Table
 * 11-1's footnote says that APR and RRD raise no error, though today's processors have neither:
 * they read as 0. */
static const struct {
    uint8_t access;
    uint32_t bits;
} registers[] = {
    [INDEX(LAPIC_ID)] = {READ_ONLY, 0},
    [INDEX(LAPIC_VERSION)] = {READ_ONLY, 0},
    [INDEX(LAPIC_TPR)] = {READ_WRITE, 0xFF},
    [INDEX(LAPIC_APR)] = {XAPIC_READ, 0},
    [INDEX(LAPIC_PPR)] = {READ_ONLY, 0},
    [INDEX(LAPIC_EOI)] = {XAPIC_READ | XAPIC_WRITE | X2APIC_WRITE, 0},
    [INDEX(LAPIC_RRD)] = {XAPIC_READ, 0},
    [INDEX(LAPIC_LDR)] = {READ_ONLY | XAPIC_WRITE, 0xFF000000},
    [INDEX(LAPIC_DFR)] = {XAPIC_READ | XAPIC_WRITE, 0xF0000000},
    /* no focus checking, no suppression of EOI broadcasts */
    [INDEX(LAPIC_SVR)] = {READ_WRITE, 0x1FF},
    [INDEX(LAPIC_ISR)... INDEX(LAPIC_IRR) + 7] = {READ_ONLY, 0}, /* and TMR between the two */
    [INDEX(LAPIC_ESR)] = {READ_WRITE, 0},
    [INDEX(LAPIC_ICR)] = {READ_WRITE, 0xCCFFF},
    [INDEX(LAPIC_ICR_HIGH)] = {XAPIC_READ | XAPIC_WRITE, 0xFF000000},
    [INDEX(LAPIC_LVT_TIMER)] = {LVT, 0x300FF | LAPIC_LVT_TSC},
    [INDEX(LAPIC_LVT_THERMAL)] = {LVT, 0x107FF},
    [INDEX(LAPIC_LVT_PERF)] = {LVT, 0x107FF},
    [INDEX(LAPIC_LVT_LINT0)] = {LVT, 0x1A7FF},
    [INDEX(LAPIC_LVT_LINT1)] = {LVT, 0x1A7FF},
    [INDEX(LAPIC_LVT_ERROR)] = {LVT, 0x100FF},
    [INDEX(LAPIC_INITIAL_COUNT)] = {READ_WRITE, 0xFFFFFFFF},
    [INDEX(LAPIC_CURRENT_COUNT)] = {READ_ONLY, 0},
    [INDEX(LAPIC_DIVIDE)] = {READ_WRITE, 0xB},
    [INDEX(LAPIC_SELF_IPI)] = {X2APIC_WRITE, 0xFF},
};

#define LVT_DELIVERY      0x700u  /* 0 is fixed */
#define LVT_TRIGGER_LEVEL 0x8000u /* LINT0 and LINT1 have it */
#define LVT_SEND_PENDING  0x1000u
#define LVT_REMOTE_IRR    0x4000u
#define DFR_ONES          0x0FFFFFFFu

/* Whether all that `access` says can be done with the register. */
static bool can(uint32_t access, uint32_t offset)
{
    return INDEX(offset) < sizeof registers / sizeof registers[0] &&
           (registers[INDEX(offset)].access & access) == access;
}

static uint32_t writable_bits(const struct lapic *lapic, uint32_t offset)
{
    uint32_t bits = registers[INDEX(offset)].bits;

    return offset == LAPIC_LVT_TIMER && !lapic->has_deadline ? bits & ~LAPIC_LVT_TSC : bits;
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
        return can(LVT, offset) ? write_lvt(lapic, offset, value) : 0;
    }
}

uint32_t lapic_read(struct lapic *lapic, uint32_t offset)
{
    if (!can(XAPIC_READ, offset)) {
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
    if (can(XAPIC_WRITE, offset))
        return store(lapic, offset, value & writable_bits(lapic, offset));
    if (!can(XAPIC_READ, offset))
        return lapic_error(lapic, LAPIC_ILLEGAL_REGISTER);
    lapic->page[LAPIC_ID / 4] = lapic->id << 24;
    return 0;
}

bool lapic_read_msr(struct lapic *lapic, uint32_t msr, uint64_t *value)
{
    uint32_t offset = (msr - MSR_X2APIC_FIRST) << 4;

    if (!lapic_is_x2apic(lapic) || !can(X2APIC_READ, offset))
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

    if (!lapic_is_x2apic(lapic) || !can(X2APIC_WRITE, offset))
        return false;
    bits = writable_bits(lapic, offset);
    if (can(LVT, offset))
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
