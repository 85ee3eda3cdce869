/*
 * vmx/explain/check_segments.c: SDM volume 3, "Checks on Guest Segment Registers" (27.3.1.2).
 *
 * The fields of ES, CS, SS, DS, FS, GS, LDTR and TR follow each other in each group, two apart.
 */
#include "vmx/explain/check_rules.h"

enum { ES, CS, SS, DS, FS, GS, LDTR, TR };

#define SELECTOR(segment) (VMCS_GUEST_ES_SELECTOR + 2 * (segment))
#define BASE(segment)     (VMCS_GUEST_ES_BASE + 2 * (segment))
#define LIMIT(segment)    (VMCS_GUEST_ES_LIMIT + 2 * (segment))
#define RIGHTS(segment)   (VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * (segment))

static uint32_t rights_of(const struct check *check, uint32_t segment)
{
    return (uint32_t)check_value(check, RIGHTS(segment));
}

static uint32_t dpl_of(uint32_t rights)
{
    return (rights & AR_DPL) >> AR_DPL_SHIFT;
}

static uint32_t rpl_of(const struct check *check, uint32_t segment)
{
    return (uint32_t)check_value(check, SELECTOR(segment)) & 3;
}

/* In virtual-8086 mode everything follows from the selector. */
static void check_virtual_8086(struct check *check, uint32_t segment)
{
    check_rule(check, BASE(segment),
               check_value(check, BASE(segment)) == check_value(check, SELECTOR(segment)) << 4,
               "must be the selector times 16 in virtual-8086 mode");
    check_rule(check, LIMIT(segment), check_value(check, LIMIT(segment)) == 0xffff,
               "must be FFFFH in virtual-8086 mode");
    check_rule(check, RIGHTS(segment), rights_of(check, segment) == 0xf3,
               "must be F3H in virtual-8086 mode");
}

/* P, the reserved bits, and G against the limit: for each usable segment of any kind. */
static void check_common_rights(struct check *check, uint32_t segment)
{
    uint32_t rights = rights_of(check, segment);
    uint64_t limit = check_value(check, LIMIT(segment));
    check_rule(check, RIGHTS(segment), (rights & AR_PRESENT) != 0, "P (bit 7) must be 1");
    check_zero(check, RIGHTS(segment), AR_RESERVED, "reserved bits (11:8, 31:17) must be 0");
    check_rule(check, RIGHTS(segment), (limit & 0xfff) == 0xfff || !(rights & AR_GRANULARITY),
               "G (bit 15) must be 0 unless limit bits 11:0 are all 1");
    check_rule(check, RIGHTS(segment), !(limit & 0xfff00000u) || rights & AR_GRANULARITY,
               "G (bit 15) must be 1 when any of limit bits 31:20 is 1");
}

static void check_code_segment(struct check *check)
{
    uint32_t rights = rights_of(check, CS);
    uint32_t type = rights & AR_TYPE;
    uint32_t ss_dpl = dpl_of(rights_of(check, SS));
    bool is_code = (type & (AR_TYPE_CODE | AR_TYPE_ACCESSED)) == (AR_TYPE_CODE | AR_TYPE_ACCESSED);
    check_rule(check, RIGHTS(CS), is_code || (type == 3 && check->unrestricted),
               "type must be 9, 11, 13 or 15 for CS; with UNRESTRICTED_GUEST also 3");
    check_rule(check, RIGHTS(CS), (rights & AR_S) != 0, "S (bit 4) must be 1");
    if (type == 3)
        check_rule(check, RIGHTS(CS), dpl_of(rights) == 0, "DPL must be 0 with type 3");
    if (type == 9 || type == 11)
        check_rule(check, RIGHTS(CS), dpl_of(rights) == ss_dpl,
                   "DPL must equal SS's with type 9 or 11 (non-conforming)");
    if (type == 13 || type == 15)
        check_rule(check, RIGHTS(CS), dpl_of(rights) <= ss_dpl,
                   "DPL must not be above SS's with type 13 or 15 (conforming)");
    check_rule(check, RIGHTS(CS), !(check->ia32e_guest && rights & AR_L && rights & AR_DB),
               "D/B must be 0 in 64-bit code (L = 1)");
    check_common_rights(check, CS);
    check_zero(check, BASE(CS), CHECK_HIGH_HALF, "bits 63:32 must be 0");
}

static void check_stack_segment(struct check *check)
{
    uint32_t rights = rights_of(check, SS);
    uint32_t type = rights & AR_TYPE;
    bool real_mode = !(check->cr0 & CR0_PE);
    if (!check->unrestricted) {
        check_rule(check, SELECTOR(SS), rpl_of(check, SS) == rpl_of(check, CS),
                   "RPL must equal that of CS");
        check_rule(check, RIGHTS(SS), dpl_of(rights) == rpl_of(check, SS),
                   "DPL must equal the RPL of the selector");
    }
    check_rule(check, RIGHTS(SS),
               dpl_of(rights) == 0 || !(real_mode || (rights_of(check, CS) & AR_TYPE) == 3),
               "DPL must be 0 while CS has type 3 or CR0.PE = 0");
    check_rule(check, RIGHTS(SS), rights & AR_UNUSABLE || type == 3 || type == 7,
               "type must be 3 or 7 (read/write data, accessed)");
}

static void check_data_segment(struct check *check, uint32_t segment)
{
    uint32_t rights = rights_of(check, segment);
    uint32_t type = rights & AR_TYPE;
    if (rights & AR_UNUSABLE)
        return;
    check_rule(check, RIGHTS(segment), (type & AR_TYPE_ACCESSED) != 0,
               "type must be odd (accessed)");
    check_rule(check, RIGHTS(segment), !(type & AR_TYPE_CODE) || type & AR_TYPE_READABLE,
               "a code segment must be readable (type 11 or 15)");
    if (!check->unrestricted && type <= 11)
        check_rule(check, RIGHTS(segment), dpl_of(rights) >= rpl_of(check, segment),
                   "DPL must not be below the RPL of the selector");
}

/* What SS and the data segments have in common, when usable. FS and GS may have 64-bit bases. */
static void check_usable(struct check *check, uint32_t segment)
{
    uint32_t rights = rights_of(check, segment);
    if (segment == FS || segment == GS)
        check_canonical(check, BASE(segment));
    if (rights & AR_UNUSABLE)
        return;
    check_rule(check, RIGHTS(segment), (rights & AR_S) != 0, "S (bit 4) must be 1");
    check_common_rights(check, segment);
    if (segment != FS && segment != GS)
        check_zero(check, BASE(segment), CHECK_HIGH_HALF, "bits 63:32 must be 0");
}

/* LDTR or TR, when usable. */
static void check_system_segment(struct check *check, uint32_t segment)
{
    check_zero(check, SELECTOR(segment), 4, "TI (bit 2) must be 0: it is in the GDT");
    check_canonical(check, BASE(segment));
    check_zero(check, RIGHTS(segment), AR_S, "S (bit 4) must be 0");
    check_common_rights(check, segment);
}

static void check_tables(struct check *check)
{
    uint32_t tr_type = rights_of(check, TR) & AR_TYPE;
    uint32_t ldtr = rights_of(check, LDTR);
    check_zero(check, RIGHTS(TR), AR_UNUSABLE, "TR must be usable (bit 16 = 0)");
    check_rule(check, RIGHTS(TR), tr_type == 11 || (tr_type == 3 && !check->ia32e_guest),
               "type must be 11 (busy TSS); outside IA-32e mode also 3 (busy 16-bit TSS)");
    check_system_segment(check, TR);
    if (ldtr & AR_UNUSABLE)
        return;
    check_rule(check, RIGHTS(LDTR), (ldtr & AR_TYPE) == 2, "type must be 2 (LDT)");
    check_system_segment(check, LDTR);
}

void check_guest_segments(struct check *check)
{
    for (uint32_t segment = ES; segment <= GS; segment++) {
        if (check->virtual_8086) {
            check_virtual_8086(check, segment);
        } else if (segment == CS) {
            check_code_segment(check);
        } else {
            if (segment == SS)
                check_stack_segment(check);
            else
                check_data_segment(check, segment);
            check_usable(check, segment);
        }
    }
    check_tables(check);
}
