/*
 * exits/cr_access.c: MOV to CR0 or CR4, and to and from CR8, exit reason 28.
 *
 * Only two bits make the first two exit: CR0.NE and CR4.VMXE, which must be 1 in VMX operation. All
 * others are the guest's, and the processor changes them without asking. CR8 is TPR's bits 7:4, and
 * exits where no TPR shadow answers for it.
 * Source: SDM volume 3, "Changes to Instruction Behavior in VMX Non-Root Operation" (3C 26.3).
 */
#include "apic/apic.h"
#include "cpu/x86.h"
#include "exits/exits.h"
#include "quirks.h"
#include "virt/guest.h"
#include "virt/inject.h"
#include "virt/virt.h"

#define CR8_BITS 15u

/* Whether the instruction will fault. Then nothing changes, NE neither. SDM volume 2, "MOV—Move
 * to/from Control Registers"; only what is wrong with PDPTEs is not foreseen. */
static bool cr0_is_refused(uint64_t value)
{
    uint64_t cr4 = guest_read(GUEST_CR4);

    if (((value & CR0_PG) && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)))
        return true;
    if (guest_code_bits() == 64)
        return value >> 32 != 0 || !(value & CR0_PG);
    if (!(value & CR0_PG))
        return (cr4 & CR4_PCIDE) != 0;
    return (guest_read(GUEST_EFER) & (EFER_LME | EFER_LMA)) == EFER_LME &&
           (!(cr4 & CR4_PAE) || (guest_read(GUEST_CS_RIGHTS) & AR_L));
}

/*
 * The exit compared the new NE with what the guest sees. With that changed to what the guest wants,
 * the same instruction does not exit a second time: the processor executes it, with all that may
 * follow from the other bits, such as paging and long mode.
 */
static enum exit_action mov_to_cr0(uint64_t value)
{
    if (cr0_is_refused(value))
        return inject_exception(VECTOR_GP);
    guest_write(GUEST_CR0_SHADOW, CR0_ET | (value & CR0_NE));
    quirk_early_step_trap();
    return EXIT_RESUME;
}

/* SDM volume 3, "Task Priority in IA-32e Mode" (3A 11.8.3.1). */
static enum exit_action mov_to_cr8(struct vcpu *vcpu, uint64_t value)
{
    if (value & ~(uint64_t)CR8_BITS)
        return inject_exception(VECTOR_GP);
    apic_write(vcpu, LAPIC_TPR, (uint32_t)value << 4);
    return EXIT_SKIP;
}

enum exit_action exit_cr_access(struct vcpu *vcpu)
{
    struct exit_cr access = virt->exit_cr();

    if (!access.is_mov || (access.from_cr && access.cr != 8))
        return EXIT_UNHANDLED;
    if (access.from_cr) {
        guest_set_gpr(vcpu, access.gpr, apic_read(vcpu, LAPIC_TPR) >> 4);
        return EXIT_SKIP;
    }
    switch (access.cr) {
    case 0:
        return mov_to_cr0(guest_gpr(vcpu, access.gpr));
    case 4: /* it exits only if VMXE would become 1: reserved on a processor without VMX */
        return inject_exception(VECTOR_GP);
    case 8:
        return mov_to_cr8(vcpu, guest_gpr(vcpu, access.gpr));
    default:
        return EXIT_UNHANDLED;
    }
}
