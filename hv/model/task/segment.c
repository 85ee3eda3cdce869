/*
 * model/task/segment.c: the rules for loading a segment register with a task.
 */
#include "cpu/x86.h"
#include "model/task/task.h"

/* The type and the privilege. */
static bool is_suitable(const struct segment *segment, uint32_t index, uint32_t cpl)
{
    uint32_t rights = segment->rights, rpl = segment->selector & SELECTOR_RPL;
    uint32_t dpl = (rights & AR_DPL) >> AR_DPL_SHIFT;
    bool code = (rights & AR_TYPE_CODE) != 0;
    bool conforming = code && (rights & AR_TYPE_CONFORMS) != 0;

    if (index == SEGMENT_LDTR) /* an absent one counts as unsuitable, too */
        return (rights & (AR_PRESENT | AR_S | AR_TYPE)) == (AR_PRESENT | AR_TYPE_LDT);
    if (!(rights & AR_S))
        return false;
    if (index == SEGMENT_CS)
        return code && (conforming ? dpl <= rpl : dpl == rpl);
    if (index == SEGMENT_SS)
        return !code && (rights & AR_TYPE_WRITABLE) && dpl == rpl && dpl == cpl;
    if (code && !(rights & AR_TYPE_READABLE))
        return false;
    return conforming || (dpl >= rpl && dpl >= cpl);
}

uint8_t segment_fault(const struct segment *segment, uint32_t index, uint32_t cpl)
{
    if (!is_suitable(segment, index, cpl))
        return VECTOR_TS;
    if (segment->rights & AR_PRESENT)
        return 0;
    return index == SEGMENT_SS ? VECTOR_SS : VECTOR_NP;
}

bool segment_reaches(const struct segment *segment, uint32_t offset, uint32_t size)
{
    uint32_t last = offset + size - 1;

    if (last < offset) /* it wraps */
        return false;
    if ((segment->rights & (AR_TYPE_CODE | AR_TYPE_DOWN)) != AR_TYPE_DOWN)
        return last <= segment->limit;
    return offset > segment->limit && (last <= 0xFFFF || (segment->rights & AR_DB));
}
