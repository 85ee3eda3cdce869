/*
 * exits/apic_write.c: a write that went to the virtual-APIC page and wants more, exit reason 56. It
 * comes behind the instruction: the value is in the page, and RIP stays.
 * Source: SDM volume 3, "APIC-Write Emulation" (3C 30.4.3.2).
 */
#include "apic/apic.h"
#include "vmx/vmcs.h"

#define QUAL_OFFSET(q) (0xFF0 & (uint32_t)(q))

enum exit_action exit_apic_write(struct vcpu *vcpu)
{
    uint32_t offset = QUAL_OFFSET(vmcs_read(VMCS_EXIT_QUALIFICATION));

    apic_written(vcpu, offset);
    return EXIT_RESUME;
}
