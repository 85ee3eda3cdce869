/*
 * exits/vmcall.c: VMCALL, exit reason 18: what a guest may ask of hv16. See hypercall.h.
 */
#include "apic/apic.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "exits/exits.h"
#include "guest/reset_vector.h"
#include "guest/resident.h"
#include "guest/restart.h"
#include "hypercall.h"
#include "machine.h"

static enum exit_action hypercall(struct vcpu *vcpu)
{
    uint64_t *gpr = vcpu->gpr;
    uint32_t reason = (uint32_t)gpr[REG_RCX]; /* HYPERCALL_EXITS */

    switch ((uint32_t)gpr[REG_RBX]) {
    case HYPERCALL_VERSION:
        gpr[REG_RAX] = HV16_VERSION;
        return EXIT_SKIP;
    case HYPERCALL_END:
        return EXIT_STOP;
    case HYPERCALL_EXITS:
        gpr[REG_RAX] = reason < EXIT_REASON_MAX ? (uint32_t)vcpu->exits[reason] : 0;
        return EXIT_SKIP;
    case HYPERCALL_BLOCK:
        gpr[REG_RAX] = machine.boot.hv_base;
        gpr[REG_RDX] = HV_BLOCK_SIZE;
        return EXIT_SKIP;
    case HYPERCALL_HIDDEN:
        gpr[REG_RAX] = (uint32_t)vcpu->hidden.reads;
        gpr[REG_RDX] = (uint32_t)vcpu->hidden.writes;
        return EXIT_SKIP;
    case HYPERCALL_APIC_MODE:
        gpr[REG_RAX] = machine.options.apic;
        gpr[REG_RDX] = apic_threshold();
        return EXIT_SKIP;
    case HYPERCALL_APIC_ADDRESSES:
        gpr[REG_RAX] = (uint32_t)rdmsr(MSR_IA32_APIC_BASE);
        gpr[REG_RCX] = (uint32_t)apic_access_address();
        gpr[REG_RDX] = (uint32_t)apic_virtual_address(vcpu);
        return EXIT_SKIP;
    case HYPERCALL_INT19:
        return guest_restart(vcpu, "INT 19h");
    case HYPERCALL_BOOT_FAILED:
        resident_boot_failed((uint8_t)gpr[REG_RCX], (uint8_t)(gpr[REG_RCX] >> 8));
    default:
        log_warn("hypercall %u does not exist", (uint32_t)gpr[REG_RBX]);
        return exit_vmx_instruction(vcpu);
    }
}

enum exit_action exit_vmcall(struct vcpu *vcpu)
{
    if (reset_vector_reached())
        return reset_vector_exit(vcpu);
    if ((uint32_t)vcpu->gpr[REG_RAX] != HYPERCALL_MAGIC)
        return exit_vmx_instruction(vcpu);
    return hypercall(vcpu);
}
