/*
 * exits/apic_access.c: an access to the APIC-access page that the processor does not virtualize,
 * exit reason 44. Source: SDM volume 3, "Exit Qualification for APIC-Access VM Exits" (3C 28.2.1,
 * table 28-6).
 */
#include "apic/apic.h"
#include "machine.h"
#include "vmx/vmcs.h"

#define QUAL_OFFSET(q) (0xFFF & (uint32_t)(q))
#define QUAL_TYPE(q)   ((uint32_t)(q) >> 12 & 15)
#define TYPE_READ      0
#define TYPE_WRITE     1
#define TYPE_FETCH     2

enum exit_action exit_apic_access(struct vcpu *vcpu)
{
    uint64_t qualification = vmcs_read_proven(VMCS_EXIT_QUALIFICATION);
    uint32_t type = QUAL_TYPE(qualification);

    if (type == TYPE_READ || type == TYPE_WRITE)
        return apic_emulate(vcpu,
                            (vcpu->lapic.base & APIC_BASE_ADDRESS) + QUAL_OFFSET(qualification),
                            type == TYPE_WRITE);
    machine_stop("the guest %s its APIC's page, at %lx:%lx: that is no memory",
                 type == TYPE_FETCH ? "executes" : "has its stack or tables in",
                 vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP));
}
