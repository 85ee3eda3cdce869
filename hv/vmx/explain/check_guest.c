/*
 * vmx/explain/check_guest.c: the checks on the guest's registers other than segments. A VMCS that
 * breaks one of these (or those of check_segments.c and check_activity.c) makes the entry end in an
 * exit with reason 80000021H, "VM-entry failure due to invalid guest state".
 */
#include "vmx/explain/check_rules.h"

static void check_control_registers(struct check *check)
{
    const struct vmcs_capabilities *can = check->capabilities;
    uint64_t cr0_fixed0 = can->cr0_fixed0 & ~(CR0_NW | CR0_CD); /* never checked */
    bool paging = (check->cr0 & CR0_PG) != 0;
    if (check->unrestricted)
        cr0_fixed0 &= ~(CR0_PE | CR0_PG);
    check_fixed(check, VMCS_GUEST_CR0, cr0_fixed0, can->cr0_fixed1 | CR0_NW | CR0_CD);
    check_rule(check, VMCS_GUEST_CR0, !paging || check->cr0 & CR0_PE, "PG needs PE");
    check_fixed(check, VMCS_GUEST_CR4, can->cr4_fixed0, can->cr4_fixed1);
    if (check->ia32e_guest) {
        check_rule(check, VMCS_GUEST_CR0, paging, "PG must be 1 with IA32E_MODE_GUEST");
        check_rule(check, VMCS_GUEST_CR4, (check->cr4 & CR4_PAE) != 0,
                   "PAE must be 1 with IA32E_MODE_GUEST");
    } else {
        check_zero(check, VMCS_GUEST_CR4, CR4_PCIDE, "PCIDE must be 0 without IA32E_MODE_GUEST");
    }
    check_physical(check, VMCS_GUEST_CR3);
}

/* DEBUGCTL bits 5:3 and from 16 up have no meaning ("IA32_DEBUGCTL MSR", 18.4.1). */
#define DEBUGCTL_RESERVED (0x38u | ~0xffffull)

void check_guest_registers(struct check *check)
{
    check_control_registers(check);
    if (check->entry & ENTRYCTL_LOAD_DEBUG_CONTROLS) {
        check_zero(check, VMCS_GUEST_DEBUGCTL, DEBUGCTL_RESERVED, "reserved bits must be 0");
        check_zero(check, VMCS_GUEST_DR7, CHECK_HIGH_HALF, "bits 63:32 must be 0");
    }
    check_canonical(check, VMCS_GUEST_SYSENTER_ESP);
    check_canonical(check, VMCS_GUEST_SYSENTER_EIP);
    if (check->entry & ENTRYCTL_LOAD_PAT)
        check_pat(check, VMCS_GUEST_PAT);
    if (check->entry & ENTRYCTL_LOAD_EFER) {
        uint64_t efer = check_value(check, VMCS_GUEST_EFER);
        check_efer(check, VMCS_GUEST_EFER, check->ia32e_guest);
        check_rule(check, VMCS_GUEST_EFER,
                   !(check->cr0 & CR0_PG) || !(efer & EFER_LME) == !(efer & EFER_LMA),
                   "LME must equal LMA while CR0.PG = 1");
    }
}

void check_guest_tables(struct check *check)
{
    check_canonical(check, VMCS_GUEST_GDTR_BASE);
    check_zero(check, VMCS_GUEST_GDTR_LIMIT, 0xffff0000u, "bits 31:16 must be 0");
    check_canonical(check, VMCS_GUEST_IDTR_BASE);
    check_zero(check, VMCS_GUEST_IDTR_LIMIT, 0xffff0000u, "bits 31:16 must be 0");
}

/* Flags 63:22, 15, 5 and 3 are always 0. */
#define RFLAGS_RESERVED (~0x3fffffull | 0x8028u)

void check_guest_rip_and_flags(struct check *check)
{
    bool code64 = check->ia32e_guest && check_value(check, VMCS_GUEST_CS_ACCESS_RIGHTS) & AR_L;
    if (code64) /* looser than canonical: RIP may be just past the last canonical address */
        check_sign_extended(check, VMCS_GUEST_RIP, check->capabilities->linear_width,
                            "the bits beyond the linear-address width must be equal");
    else
        check_zero(check, VMCS_GUEST_RIP, CHECK_HIGH_HALF,
                   "bits 63:32 must be 0 outside 64-bit mode");
    check_zero(check, VMCS_GUEST_RFLAGS, RFLAGS_RESERVED,
               "reserved bits (63:22, 15, 5, 3) must be 0");
    check_bits(check, VMCS_GUEST_RFLAGS, ~check->rflags & 2, "bit 1 must be 1");
    check_rule(check, VMCS_GUEST_RFLAGS,
               !check->virtual_8086 || (!check->ia32e_guest && check->cr0 & CR0_PE),
               "VM must be 0 in IA-32e mode, and while CR0.PE = 0");
    if (check->event_type == INTERRUPTION_TYPE_EXTERNAL)
        check_bits(check, VMCS_GUEST_RFLAGS, ~check->rflags & RFLAGS_IF,
                   "IF must be 1 when an external interrupt is injected");
}

/* With EPT the four page-directory pointers of PAE paging are in the VMCS. */
void check_guest_pdptes(struct check *check)
{
    if (!(check->cr0 & CR0_PG) || !(check->cr4 & CR4_PAE) || check->ia32e_guest ||
        !(check->proc2 & PROC2_ENABLE_EPT))
        return;
    for (uint32_t field = VMCS_GUEST_PDPTE0; field <= VMCS_GUEST_PDPTE3; field += 2) {
        if (check_value(check, field) & 1)
            check_zero(check, field, 0x1e6 | check->beyond_physical,
                       "reserved bits (2:1, 8:5, beyond the physical-address width) must be 0");
    }
}
