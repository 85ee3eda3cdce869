/*
 * exits/cr_access.c: MOV to CR0 or CR4, and to and from CR8, exit reason 28.
 *
 * Only two bits make the first two exit: CR0.NE and CR4.VMXE, which must be 1 in VMX operation. All
 * others are the guest's, and the processor changes them without asking. CR8 is TPR's bits 7:4, and
 * exits where no TPR shadow answers for it.
 * Source: SDM volume 3, "Changes to Instruction Behavior in VMX Non-Root Operation" (3C 26.3), and
 * "Exit Qualification for Control-Register Accesses" (28.2.1, table 28-3).
 */
#include "apic/apic.h"
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define QUAL_CR(q)       (15 & (uint32_t)(q))
#define QUAL_TYPE(q)     ((uint32_t)(q) >> 4 & 3)
#define QUAL_REGISTER(q) ((uint32_t)(q) >> 8 & 15)
#define TYPE_MOV_TO_CR   0
#define TYPE_MOV_FROM_CR 1
#define CR8_BITS         15u

/*
 * The exit compared the new NE with the read shadow. With the shadow changed to what the guest
 * wants to see, the same instruction does not exit a second time: the processor executes it, with
 * all that may follow from the other bits, such as paging and long mode.
 */
static enum exit_action mov_to_cr0(uint64_t value)
{
    vmcs_write(VMCS_CR0_READ_SHADOW,
               (vmcs_read(VMCS_CR0_READ_SHADOW) & ~CR0_NE) | (value & CR0_NE));
    inject_no_step_trap();
    return EXIT_RESUME;
}

/* SDM volume 3, "Task Priority in IA-32e Mode" (3A 11.8.3.1). */
static enum exit_action mov_to_cr8(struct vcpu *vcpu, uint64_t value)
{
    if (value & ~(uint64_t)CR8_BITS) {
        inject_exception(VECTOR_GP);
        return EXIT_RESUME;
    }
    apic_write(vcpu, LAPIC_TPR, (uint32_t)value << 4);
    return EXIT_SKIP;
}

enum exit_action exit_cr_access(struct vcpu *vcpu)
{
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
    uint64_t value;

    if (QUAL_TYPE(qualification) == TYPE_MOV_FROM_CR && QUAL_CR(qualification) == 8) {
        vcpu_gpr_write(vcpu, QUAL_REGISTER(qualification), apic_read(vcpu, LAPIC_TPR) >> 4);
        return EXIT_SKIP;
    }
    if (QUAL_TYPE(qualification) != TYPE_MOV_TO_CR)
        return EXIT_UNHANDLED;
    value = vcpu_gpr_read(vcpu, QUAL_REGISTER(qualification));
    switch (QUAL_CR(qualification)) {
    case 0:
        return mov_to_cr0(value);
    case 4: /* it exits only if VMXE would become 1: reserved on a processor without VMX */
        inject_exception(VECTOR_GP);
        return EXIT_RESUME;
    case 8:
        return mov_to_cr8(vcpu, value);
    default:
        return EXIT_UNHANDLED;
    }
}
