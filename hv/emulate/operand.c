/*
 * emulate/operand.c: an operand in the guest's memory. Its instruction exited for the sake of
 * another one, so the processor need not have looked at this one yet: segments and pages are
 * checked here. Source: SDM volume 3, "Limit Checking" (3A 6.3), "Determination of Access Rights"
 * (4.6.1), "Page-Fault Exceptions" (4.7).
 */
#include "console/end.h"
#include "cpu/cpu.h"
#include "emulate/access.h"
#include "virt/guest.h"
#include "virt/guest_memory.h"
#include "virt/inject.h"

#define PAGE_FAULT_PRESENT 0x1u
#define PAGE_FAULT_WRITE   0x2u
#define PAGE_FAULT_USER    0x4u

static uint64_t segment_read(enum guest_field of_es, const struct operand *operand)
{
    return guest_read(guest_segment_field(of_es, operand->segment));
}

/* Whether segment and offset allow it; in 64-bit code, whether the address is canonical. */
static bool segment_allows(const struct operand *operand, uint32_t code_bits)
{
    uint64_t rights = segment_read(GUEST_ES_RIGHTS, operand);
    uint64_t limit = segment_read(GUEST_ES_LIMIT, operand);
    uint64_t last = operand->offset + operand->width - 1;
    uint32_t unused = guest_read(GUEST_CR4) & CR4_LA57 ? 64 - 57 : 64 - 48;

    if (code_bits == 64)
        return (uint64_t)((int64_t)(operand->linear << unused) >> unused) == operand->linear;
    if (rights & AR_UNUSABLE)
        return false;
    if (operand->write && (rights & (AR_TYPE_CODE | AR_TYPE_WRITABLE)) != AR_TYPE_WRITABLE)
        return false;
    if (!operand->write && (rights & (AR_TYPE_CODE | AR_TYPE_READABLE)) == AR_TYPE_CODE)
        return false;
    if ((rights & (AR_TYPE_CODE | AR_TYPE_DOWN)) == AR_TYPE_DOWN)
        return operand->offset > limit && last <= (rights & AR_DB ? 0xFFFFFFFF : 0xFFFF);
    return last <= limit;
}

/* Whether the page at `linear` allows it. If not, `error` is the error code of the page fault. */
static bool page_allows(uint64_t linear, bool write, uint32_t *error)
{
    bool user = (guest_read(guest_segment_field(GUEST_ES_RIGHTS, SEG_SS)) & AR_DPL) == AR_DPL;
    bool smap = (guest_read(GUEST_CR4) & CR4_SMAP) && !(guest_read(GUEST_RFLAGS) & RFLAGS_AC);
    uint64_t physical, rights;

    *error = (write ? PAGE_FAULT_WRITE : 0) | (user ? PAGE_FAULT_USER : 0);
    if ((guest_read(GUEST_CR0) & CR0_PG) == 0)
        return true;
    if (!guest_translate(linear, &physical, &rights))
        return false;
    *error |= PAGE_FAULT_PRESENT;
    if (write && (rights & ENTRY_RW) == 0 && (user || (guest_read(GUEST_CR0) & CR0_WP)))
        return false;
    return rights & ENTRY_US ? user || !smap : !user;
}

bool operand_open(const struct access *access, struct operand *operand)
{
    static const struct interrupted_event none;
    uint64_t base = segment_read(GUEST_ES_BASE, operand), last;
    uint32_t error;

    operand->linear = operand->offset + base;
    if (access->code_bits == 64 && operand->segment < SEG_FS)
        operand->linear = operand->offset;
    else if (access->code_bits != 64)
        operand->linear = (uint32_t)operand->linear;
    if (!segment_allows(operand, access->code_bits)) {
        inject_exception(operand->segment == SEG_SS ? VECTOR_SS : VECTOR_GP);
        return false;
    }
    last = operand->linear + operand->width - 1;
    for (uint64_t at = operand->linear;; at = last) {
        if (!page_allows(at, operand->write, &error)) {
            guest_set_cr2(at == operand->linear ? at : at & ~(PAGE_SIZE - 1));
            inject_fault(&none, VECTOR_PF, error);
            return false;
        }
        if (at / PAGE_SIZE == last / PAGE_SIZE)
            return true;
    }
}

void operand_copy(const struct operand *operand, uint64_t *value)
{
    if (guest_copy_linear(operand->linear, value, operand->width, operand->write) != operand->width)
        end_stop(
            "the guest's instruction at %lx:%lx needs memory that hv16 cannot reach, at linear "
            "address %lx",
            guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP), operand->linear);
}
