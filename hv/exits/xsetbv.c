/*
 * exits/xsetbv.c: XSETBV, exit reason 55, which no control can turn off.
 *
 * XCR0 is not switched between guest and hypervisor, which uses none of the registers it is about.
 * So the guest's value is loaded into the processor, but only if the processor would have taken it:
 * otherwise the #GP would be the hypervisor's.
 */
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "model/xcr0.h"
#include "quirks.h"
#include "virt/inject.h"

#define CPUID_XSAVE 0xD

enum exit_action exit_xsetbv(struct vcpu *vcpu)
{
    uint32_t index = (uint32_t)vcpu->gpr[REG_RCX];
    uint64_t value = vcpu->gpr[REG_RDX] << 32 | (uint32_t)vcpu->gpr[REG_RAX];
    struct cpuid_result xsave = cpuid(CPUID_XSAVE, 0);

    if (quirk_exits_before_privilege() || index != 0 ||
        !xcr0_valid(value, (uint64_t)xsave.edx << 32 | xsave.eax))
        return inject_exception(VECTOR_GP);
    xsetbv(index, value);
    return EXIT_SKIP;
}
