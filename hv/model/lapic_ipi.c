/*
 * model/lapic_ipi.c: interprocessor interrupts: what the ICR asks for, and whom it means.
 * Source: SDM volume 3, "Issuing Interprocessor Interrupts" (3A 11.6).
 */
#include "model/lapic.h"

#define BROADCAST        0xFFu
#define BROADCAST_X2APIC 0xFFFFFFFFu

/* The fields of the ICR: "Interrupt Command Register (ICR)" (11.6.1). */
struct lapic_ipi lapic_ipi(const struct lapic *lapic)
{
    uint32_t icr = lapic->page[LAPIC_ICR / 4];
    bool x2apic = lapic_is_x2apic(lapic);

    return (struct lapic_ipi){
        .vector = (uint8_t)icr,
        .delivery = (enum lapic_delivery)(icr >> 8 & 7),
        .shorthand = (enum lapic_shorthand)(icr >> 18 & 3),
        .logical = (icr & LAPIC_ICR_LOGICAL) != 0,
        .level = (icr & LAPIC_ICR_LEVEL) != 0,
        .assert = (icr & LAPIC_ICR_ASSERT) != 0,
        .x2apic = x2apic,
        .destination =
            x2apic ? lapic->page[LAPIC_ICR / 4 + 1] : lapic->page[LAPIC_ICR_HIGH / 4] >> 24,
    };
}

/* Table 11-3 and its notes: the shorthands that include the sender go with fixed interrupts only,
 * and an INIT "de-assert" exists on older processors only. */
static bool can_be_sent(const struct lapic_ipi *ipi)
{
    if (ipi->delivery == LAPIC_FIXED)
        return true;
    if (ipi->delivery == LAPIC_RESERVED_3 || ipi->delivery == LAPIC_EXTINT)
        return false;
    if (ipi->delivery == LAPIC_INIT && ipi->level && !ipi->assert)
        return false;
    return ipi->shorthand == LAPIC_DESTINATION || ipi->shorthand == LAPIC_OTHERS;
}

uint32_t lapic_icr_written(struct lapic *lapic)
{
    struct lapic_ipi ipi = lapic_ipi(lapic);

    if (!can_be_sent(&ipi))
        return 0;
    if (ipi.shorthand == LAPIC_SELF)
        return lapic_self_ipi(lapic, ipi.vector);
    if (ipi.delivery <= LAPIC_LOWEST_PRIORITY && ipi.vector < LAPIC_VECTOR_MIN)
        return lapic_error(lapic, LAPIC_SEND_ILLEGAL_VECTOR);
    return LAPIC_IPI;
}

/* "Error Handling" (11.5.3): an illegal vector is an error of the sender, and of the receiver "via
 * a self IPI" too. The trigger mode is edge whatever ICR says (table 11-3, note 2). */
uint32_t lapic_self_ipi(struct lapic *lapic, uint8_t vector)
{
    if (vector < LAPIC_VECTOR_MIN)
        return lapic_error(lapic, LAPIC_SEND_ILLEGAL_VECTOR | LAPIC_RECEIVE_ILLEGAL_VECTOR);
    return lapic_request(lapic, vector, false);
}

/* "Logical Destination Mode" (11.6.2.2) and "Logical Destination Mode in x2APIC Mode" (11.12.10.1).
 * The receiver compares, so its mode counts: in x2APIC mode bits 31:16 name a cluster and 15:0 are
 * the set of its members. In xAPIC mode with the cluster model it is the same with 4 and 4 bits;
 * the flat model is one cluster of 8. */
static bool reaches_logical(uint32_t destination, const struct lapic *target)
{
    uint32_t own = target->page[LAPIC_LDR / 4];
    uint32_t members = 0xFFFF;

    if (!lapic_is_x2apic(target)) {
        own >>= 24;
        members = target->page[LAPIC_DFR / 4] >> 28 == 0 ? 0xF : 0xFF;
    }
    return ((own ^ destination) & ~members) == 0 && (own & destination & members) != 0;
}

bool lapic_ipi_reaches(const struct lapic_ipi *ipi, const struct lapic *sender,
                       const struct lapic *target)
{
    /* "Enabling or Disabling the Local APIC" (11.4.3): like a processor that has none. */
    if ((target->base & APIC_BASE_EN) == 0)
        return false;
    if (ipi->shorthand == LAPIC_ALL)
        return true;
    if (ipi->shorthand == LAPIC_SELF)
        return target == sender;
    if (ipi->shorthand == LAPIC_OTHERS)
        return target != sender;
    /* All ones is everybody, in both destination modes. */
    if (ipi->destination == (ipi->x2apic ? BROADCAST_X2APIC : BROADCAST))
        return true;
    if (ipi->logical)
        return reaches_logical(ipi->destination, target);
    /* Not the register: another processor may be at its reset just now. */
    return ipi->destination == target->id;
}
