/*
 * exits/msr.c: RDMSR and WRMSR, exit reasons 31 and 32, of what vmx/bitmaps.c traps: MSRs
 * that belong to VMX, MTRRs, and every number outside the two ranges of the MSR bitmap.
 * Source: SDM volume 3, "MSR-Bitmap Address" (3C 25.6.9).
 */
#include "cpu/msr.h"
#include "apic/apic.h"
#include "apic/inbox.h"
#include "console/log.h"
#include "exits/exits.h"
#include "host/tables.h"
#include "mem/ept.h"
#include "virt/guest.h"
#include "virt/inject.h"

static enum exit_action refuse(const struct vcpu *vcpu, const char *what)
{
    log_debug("%s of MSR %x at %lx:%lx: #GP", what, (uint32_t)vcpu->gpr[REG_RCX],
              guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP));
    return inject_exception(VECTOR_GP);
}

/* With apic=off only writes of IA32_APIC_BASE exit. */
static bool is_apic(uint32_t msr)
{
    return msr == MSR_IA32_APIC_BASE || (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST);
}

/* All that can be read may be read without an exit: what else comes here does not exist for the
 * guest, as on a processor without VMX. */
enum exit_action exit_rdmsr(struct vcpu *vcpu)
{
    uint32_t msr = (uint32_t)vcpu->gpr[REG_RCX];
    uint64_t value;

    if (!is_apic(msr) || !apic_read_msr(vcpu, msr, &value))
        return refuse(vcpu, "RDMSR");
    vcpu->gpr[REG_RAX] = (uint32_t)value;
    vcpu->gpr[REG_RDX] = value >> 32;
    return EXIT_SKIP;
}

static bool is_mtrr(uint32_t msr)
{
    return (msr >= MSR_IA32_MTRR_PHYSBASE0 && msr <= MSR_IA32_MTRR_FIX4K_F8) ||
           msr == MSR_IA32_MTRR_DEF_TYPE;
}

enum exit_action exit_wrmsr(struct vcpu *vcpu)
{
    uint32_t msr = (uint32_t)vcpu->gpr[REG_RCX];
    uint64_t value = vcpu->gpr[REG_RDX] << 32 | (uint32_t)vcpu->gpr[REG_RAX];

    if (msr == MSR_IA32_BIOS_UPDT_TRIG) {
        log_warn("the guest's microcode update is ignored");
        return EXIT_SKIP; /* a microcode update under a running hypervisor is not safe */
    }
    if (is_apic(msr))
        return apic_write_msr(vcpu, msr, value) ? EXIT_SKIP : refuse(vcpu, "WRMSR");
    if (!is_mtrr(msr) || !wrmsr_safe(msr, value))
        return refuse(vcpu, "WRMSR");
    ept_update_types(); /* under EPT the MTRRs count only through the EPT entries */
    inbox_post_others(vcpu, NOTE_CHANGED);
    return EXIT_SKIP;
}
