/*
 * exits/cpuid.c: CPUID, exit reason 10. The processor's own answer, less VMX.
 * Source: SDM volume 2, "CPUID"; APM volume 3, "CPUID" for the hypervisor's leaves, which by
 * convention begin at 40000000h.
 */
#include "apic/apic.h"
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "hypercall.h"
#include "machine.h"
#include "virt/guest.h"

#define LEAF_FEATURES          1
#define LEAF_EXTENDED_FEATURES 7
#define LEAF_AMD               0x80000000u
#define LEAF_AMD_FEATURES      (LEAF_AMD | 1)
#define ECX7_OSPKE             (1u << 4) /* a copy of CR4.PKE */
#define ECX_AMD_SVM            (1u << 2)
#define EDX_AMD_SYSCALL        (1u << 11)  /* of the mode, for Intel: 64-bit code has SYSCALL */
#define SIGNATURE_HV16         0x36317668u /* "hv16" */

/* Two bits copy CR4, and CPUID has just been executed with the hypervisor's: take the guest's. */
static uint64_t copy_cr4_bit(uint64_t ecx, uint64_t bit, uint64_t cr4_bit)
{
    return guest_read(GUEST_CR4) & cr4_bit ? ecx | bit : ecx & ~bit;
}

/* The processor's answer, in the guest's registers. */
static inline void answer(struct vcpu *vcpu, uint32_t leaf)
{
    struct cpuid_result r = cpuid(leaf, (uint32_t)vcpu->gpr[REG_RCX]);

    vcpu->gpr[REG_RAX] = r.eax;
    vcpu->gpr[REG_RBX] = r.ebx;
    vcpu->gpr[REG_RCX] = r.ecx;
    vcpu->gpr[REG_RDX] = r.edx;
}

/* The few leaves that say something else. */
static __attribute__((noinline)) enum exit_action answer_corrected(struct vcpu *vcpu)
{
    uint64_t *gpr = vcpu->gpr;
    uint32_t leaf = (uint32_t)gpr[REG_RAX];

    answer(vcpu, leaf);
    if (leaf == LEAF_FEATURES) {
        gpr[REG_RCX] = (gpr[REG_RCX] & ~(uint64_t)(CPUID_1_ECX_VMX | CPUID_1_ECX_SMX)) |
                       CPUID_1_ECX_HYPERVISOR;
        gpr[REG_RCX] = copy_cr4_bit(gpr[REG_RCX], CPUID_1_ECX_OSXSAVE, CR4_OSXSAVE);
        apic_correct_cpuid(vcpu);
    } else if (leaf == LEAF_EXTENDED_FEATURES) {
        gpr[REG_RCX] = copy_cr4_bit(gpr[REG_RCX], ECX7_OSPKE, CR4_PKE);
    } else if (leaf == LEAF_AMD_FEATURES) {
        gpr[REG_RCX] &= ~(uint64_t)ECX_AMD_SVM;
        if (guest_code_bits() != 64 && !machine.is_svm)
            gpr[REG_RDX] &= ~(uint64_t)EDX_AMD_SYSCALL;
    } else if (leaf == HV16_CPUID_LEAF) {
        gpr[REG_RAX] = HV16_CPUID_LEAF; /* the highest of the hypervisor's leaves: this one */
        gpr[REG_RBX] = gpr[REG_RCX] = gpr[REG_RDX] = SIGNATURE_HV16;
    }
    return EXIT_SKIP;
}

/* CPUID for the guest: which of the two is this leaf's? Two questions find the few leaves that
 * answer_corrected() looks at, and some more: each question costs every CPUID two ticks. */
enum exit_action exit_cpuid(struct vcpu *vcpu)
{
    uint32_t leaf = (uint32_t)vcpu->gpr[REG_RAX];

    if ((leaf & ~(LEAF_AMD | 6)) == 1 || leaf == HV16_CPUID_LEAF) /* 1, 7, 80000001H */
        return answer_corrected(vcpu);
    answer(vcpu, leaf);
    return EXIT_SKIP;
}
