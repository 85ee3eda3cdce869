/*
 * vmx/enter.h: into the guest and back, as a function call.
 *
 * Two compiler options (Makefile, REGS) make exits cheap. The guest's RBP and R8..R15 never leave
 * the processor: all C of the hypervisor is compiled not to touch them (-ffixed-rbp and so on), so
 * an exit need not store and reload them. And no function preserves RBX for its caller
 * (-fcall-used-rbx): nothing is saved twice. Together: twenty instructions less for each exit.
 */
#ifndef HV16_VMX_ENTER_H
#define HV16_VMX_ENTER_H

#include "vcpu.h"

/* vmx/enter.asm. Not to be called from C, whose calling convention they do not keep. */
extern const uint8_t vmx_launch_asm[], vmx_resume_asm[];
/* Where VM exits arrive: the VMCS's host RIP. */
extern const uint8_t vmx_exited[];

/* Copy RBP and R8..R15 between the processor and vcpu->gpr. */
void vmx_store_other_gprs(struct vcpu *vcpu);
void vmx_load_other_gprs(const struct vcpu *vcpu);

/*
 * All registers come back with other values than they had: the compiler is told so. A VM exit loads
 * RFLAGS with all flags clear (SDM volume 3, "Loading Host RIP, RSP, RFLAGS, and SSP"), and VMfail
 * sets CF or ZF, so one jump tells them apart.
 */
#define VMX_ENTER(name)                                                                            \
    static inline enum entry_result name(struct vcpu *vcpu)                                        \
    {                                                                                              \
        uint32_t failure;                                                                          \
                                                                                                   \
        __asm__ goto("call " #name "_asm\n\t"                                                      \
                     "jbe %l3"                                                                     \
                     : "=a"(failure), "+D"(vcpu)                                                   \
                     :                                                                             \
                     : "rbx", "rcx", "rdx", "rsi", "cc", "memory"                                  \
                     : failed);                                                                    \
        return ENTRY_EXITED;                                                                       \
    failed:                                                                                        \
        __attribute__((cold));                                                                     \
        return (enum entry_result)failure;                                                         \
    }

/* Enter the guest by VMLAUNCH (first time after VMCLEAR) or VMRESUME, and return at its exit. Both
 * must be called by the same function: an exit returns on the stack that vmx_launch() was on. */
VMX_ENTER(vmx_launch)
VMX_ENTER(vmx_resume)

#endif
