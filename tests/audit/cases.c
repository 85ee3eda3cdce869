/*
 * cases.c: sound VMCSs of several kinds, and values that are wrong or nearly so.
 */
#include "vmx/audit.h"
#include "vmx/capabilities.h"
#include "vmx/vmcs.h"

/* What a base has other than hv16's guest in real mode. Of controls only single bits. */
struct setting {
    uint32_t field;
    enum { END, SET, ON, OFF } how;
    uint64_t value;
};

/* clang-format off */
#define TO(field, value)   {VMCS_##field, SET, value}
#define WITH(field, bits)  {VMCS_##field, ON, bits}
#define LESS(field, bits)  {VMCS_##field, OFF, bits}
#define PROTECTED          TO(GUEST_CR0, 0x31), TO(GUEST_CS_ACCESS_RIGHTS, 0x9B)
#define PAGED              TO(GUEST_CR0, 0x80000031), TO(GUEST_CS_ACCESS_RIGHTS, 0x9B)
#define INJECT(info)       TO(VM_ENTRY_INTERRUPTION_INFO, 0x80000000 | (info))
#define V86(segment)       TO(GUEST_##segment##_ACCESS_RIGHTS, 0xF3)
#define INTERRUPTS         TO(GUEST_RFLAGS, 0x202)
/* clang-format on */

static const struct base {
    const char *name;
    struct setting settings[14];
} bases[] = {
    {"real mode", {{0}}},
    {"protected mode", {PROTECTED}},
    {"32-bit paging", {PAGED}},
    {"PAE paging",
     {PAGED, TO(GUEST_CR4, 0x2020), TO(GUEST_PDPTE0, 0x1001), TO(GUEST_PDPTE1, 0x2001)}},
    {"64-bit mode",
     {TO(GUEST_CR0, 0x80000031), TO(GUEST_CR4, 0x2020), TO(GUEST_EFER, 0x500),
      WITH(ENTRY_CONTROLS, ENTRYCTL_IA32E_MODE_GUEST), TO(GUEST_CS_ACCESS_RIGHTS, 0xA09B),
      TO(GUEST_RIP, 0x7FFFFFFF0000)}},
    {"virtual-8086 mode",
     {PAGED, TO(GUEST_RFLAGS, 0x20002), V86(ES), V86(CS), V86(SS), V86(DS), V86(FS), V86(GS)}},
    {"no unrestricted guest", {PAGED, LESS(SECONDARY_PROC_CONTROLS, PROC2_UNRESTRICTED_GUEST)}},
    {"user code",
     {TO(GUEST_CR0, 0x80000031), LESS(SECONDARY_PROC_CONTROLS, PROC2_UNRESTRICTED_GUEST),
      TO(GUEST_CS_SELECTOR, 0x1B), TO(GUEST_SS_SELECTOR, 0x23), TO(GUEST_CS_ACCESS_RIGHTS, 0xFB),
      TO(GUEST_SS_ACCESS_RIGHTS, 0xF3)}},
    {"external interrupt", {INTERRUPTS, INJECT(0x30)}},
    {"NMI", {INJECT(0x202)}},
    {"exception with an error code",
     {PROTECTED, INJECT(0xB0D), TO(VM_ENTRY_EXCEPTION_ERROR_CODE, 0x18)}},
    {"software interrupt", {INJECT(0x421), TO(VM_ENTRY_INSTRUCTION_LENGTH, 2)}},
    {"HLT", {INTERRUPTS, TO(GUEST_ACTIVITY_STATE, ACTIVITY_HLT)}},
    {"after STI", {INTERRUPTS, TO(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI)}},
    {"single step after MOV SS",
     {TO(GUEST_RFLAGS, 0x102), TO(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS),
      TO(GUEST_PENDING_DEBUG, PENDING_DEBUG_BS)}},
    {"TPR shadow alone",
     {LESS(SECONDARY_PROC_CONTROLS, PROC2_VIRTUALIZE_APIC_ACCESSES |
                                        PROC2_VIRTUAL_INTERRUPT_DELIVERY |
                                        PROC2_APIC_REGISTER_VIRTUALIZATION)}},
};

uint32_t cases_bases(void)
{
    return sizeof bases / sizeof bases[0];
}

const char *cases_base_name(uint32_t base)
{
    return bases[base].name;
}

void cases_set_base(uint32_t base)
{
    for (const struct setting *s = bases[base].settings; s->how != END; s++) {
        if (s->how == SET)
            vmcs_write(s->field, s->value);
        else
            vmcs_switch_bits(s->field, s->value, s->how == ON);
    }
}

/* Marsaglia's xorshift. */
static uint64_t random_state = 1;

void cases_seed(uint64_t seed)
{
    random_state = seed * 0x9E3779B97F4A7C15 + 1;
    for (int i = 0; i < 8; i++)
        cases_random();
}

uint64_t cases_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state >> 8;
}

/* Bits that the field has: SDM, "Field Encoding in VMCS" (appendix B), bits 14:13. */
static uint32_t width_of(uint32_t field)
{
    static const uint8_t widths[] = {16, 64, 32, 64};

    return widths[field >> 13 & 3];
}

/* Where rules have their edges. */
static uint64_t edge(void)
{
    static const uint8_t bits[] = {0, 1, 5, 6, 12, 15, 16, 20, 31, 32, 46, 47, 48};
    uint64_t kind = cases_random(), bit;

    bit = kind % 14 == 13 ? vmx_capabilities.physical_width : bits[kind % 14 % sizeof bits];
    switch (kind >> 8 & 7) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
    case 3:
        return 1ull << bit;
    case 4:
        return (1ull << bit) - 1;
    case 5:
        return UINT64_MAX << bit;
    default:
        return cases_random() & 0xF;
    }
}

uint64_t cases_change(uint32_t field, uint64_t value)
{
    uint32_t width = width_of(field);
    uint64_t kind = cases_random() % 8;

    if (field == VMCS_VM_ENTRY_INTERRUPTION_INFO && kind < 6)
        return INTERRUPTION_VALID | (kind < 2 ? value : cases_random() % 0x1000) |
               cases_random() % 0x20;
    if (field >= VMCS_GUEST_ES_ACCESS_RIGHTS && field <= VMCS_GUEST_TR_ACCESS_RIGHTS && kind < 3)
        return cases_random() & (AR_UNUSABLE | 0xF0FF);
    if (kind >= 6)
        value = edge();
    else
        value ^= 1ull << cases_random() % width;
    if (kind == 5)
        value ^= 1ull << cases_random() % width;
    return width == 64 ? value : value & ((1ull << width) - 1);
}
