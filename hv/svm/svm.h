/*
 * svm/svm.h: AMD's wing behind the door of virt/virt.h: its table of operations, and the functions
 * in there, by the file that they are in. What each is to do, its units and its ranges:
 * virt/virt.h.
 */
#pragma once

#include "vcpu.h"
#include "virt/virt.h"

struct vmcb;

extern const struct virt_operations svm_operations; /* svm.c */

/* capabilities.c. What CPUID says; the second: 8000_000Ah. */
bool svm_exists(void);
extern uint32_t svm_features;
#define CPUID_SVM_EDX_NRIP (1u << 3)
void svm_check_machine(void);
bool svm_enable(void);
const char *svm_lacks_for_several(bool real_sipis);

/* vmcb.c */
void svm_open(struct vcpu *vcpu);
void svm_real_mode(void);

/* maps.c. The first one fills the vCPU's maps with all that always exits. */
void svm_open_maps(struct vcpu *vcpu);
void svm_trap_msr(const struct vcpu *vcpu, uint32_t msr, bool read, bool write);
void svm_trap_port(const struct vcpu *vcpu, uint16_t port, bool on);

/* windows.c */
void svm_set_control(enum virt_control control, bool on);
void svm_exit_soon(bool wanted);

/* virtual_tpr.c */
const char *svm_apic_lacks(const struct virt_apic *wanted);
bool svm_apic_posts(void);
void svm_apic_open(const struct virt_apic *wanted, const struct virt_apic_pages *pages);
void svm_apic_follow_mode(const struct virt_apic *wanted, bool x2apic);
void svm_exit_when_tpr_below(uint32_t class);

/* codes.c: the exit's reason in Intel's numbers; EXIT_REASON_MAX if there is none. The table has
 * those that the code alone tells. */
extern const uint8_t svm_reasons[];
uint32_t svm_reason_of_others(const struct vmcb *vmcb);

/* events.c: after an exit by an event or IRET, and after one whose entry has injected an event. */
void svm_note_event(struct vcpu *vcpu, struct vmcb *vmcb);
void svm_event_was_injected(struct vmcb *vmcb);
/* An exception that follows from what the loop itself does; its error code, if any, is 0. */
void svm_inject(struct vmcb *vmcb, uint8_t vector, bool has_error_code);

/* exit_facts.c */
struct exit_io svm_exit_io(void);
struct exit_memory svm_exit_memory(void);
struct exit_event svm_exit_event(void);
struct exit_cr svm_exit_cr(void);

/* instruction.c: where the instruction that exited ends; which general register MOV CRx names. */
uint64_t svm_next_rip(const struct vmcb *vmcb);
uint32_t svm_cr_register(void);

/* efer.c: RDMSR or WRMSR of IA32_EFER, by the reason. Counts it. */
enum exit_action svm_access_efer(struct vcpu *vcpu, uint32_t reason);

/* take.asm: lets one interrupt or NMI come that is pending, and returns its vector; -1: none.
 * `interrupts`: not only NMIs, which are counted in `nmis`. */
int svm_take(bool interrupts, uint32_t *nmis);
void svm_take_open(void); /* take.c: once, before that */

/* loop.c */
void svm_handle_exits(const struct exit_handlers *given);
_Noreturn void svm_loop(struct vcpu *vcpu);

/* enter.asm: as vmx_run() of vmx/enter.h. */
_Noreturn void svm_run(struct vcpu *vcpu, void (*on_exit)(struct vcpu *vcpu));

/* dump.c */
void svm_dump(const struct vcpu *vcpu);

/* vcpu->svm of this processor: IA32_GS_BASE leads to it. Its first member points at itself. */
static inline struct svm_state *svm_current(void)
{
    struct svm_state *svm;

    __asm__("mov %%gs:0, %0" : "=r"(svm));
    return svm;
}

static inline struct vmcb *svm_vmcb(void)
{
    return svm_current()->vmcb;
}
