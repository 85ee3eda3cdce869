/*
 * exits/exits.h: the contract between the exit loop and the handlers of exit reasons.
 */
#ifndef HV16_EXITS_EXITS_H
#define HV16_EXITS_EXITS_H

#include "model/reasons.h"
#include "vcpu.h"

enum exit_action {
    EXIT_RESUME,    /* RIP stays where the handler left it */
    EXIT_SKIP,      /* the loop advances RIP over the instruction */
    EXIT_STOP,      /* the guest has ended */
    EXIT_UNHANDLED, /* the handler cannot help: dump and stop */
};

typedef enum exit_action exit_fn(struct vcpu *vcpu);

/* Runs the guest of the current VMCS. `vcpu` has never run before, or its VMCS was cleared. */
_Noreturn void exit_loop(struct vcpu *vcpu);

/* exits/table.c: the handler of each basic exit reason; exit_unexpected() in the other slots. */
extern exit_fn *const exit_table[EXIT_REASON_MAX];

/* exits/chores.c: what needs doing now and then, or was asked for by vcpu->chores_in = 1. Called
 * before the exit is handled. */
void exit_chores(struct vcpu *vcpu);
/* An NMI that waits goes with the next entry if it can, and otherwise after a later exit. */
void exit_offer_nmi(struct vcpu *vcpu);

/* exits/preemption_timer.c: the next entry exits before the guest executes anything, by reason 52;
 * and it is over. For processors that have the timer. */
void exit_before_next_instruction(void);
void exit_no_more_before_next_instruction(void);

/* exits/progress.c: called after EXIT_RESUME. Stops a guest that exits for the same reason at the
 * same place for ever. */
void progress_check(struct vcpu *vcpu);

/* exits/init_signal.c: an INIT exit, with no instruction of the guest after this, is the same INIT
 * again, or one that came before the SIPI. */
void init_signal_mark(struct vcpu *vcpu);

/* SDM volume 3, "Exit Qualification for EPT Violations" (3C 28.2.1, table 28-7). */
#define EPT_VIOLATION_WRITE 0x2u
#define EPT_VIOLATION_FETCH 0x4u

/* exits/hidden.c: the guest touched the hidden block at `address`. */
enum exit_action hidden_access(struct vcpu *vcpu, uint64_t address, uint64_t qualification);
/* Ends the step that hidden_access() began. */
void hidden_step_end(struct vcpu *vcpu);

/* exits/io.c: the guest is restarted. If the keyboard controller waits for the byte that follows
 * its command D1h, it gets one now: the restarted guest's first byte must not reset the machine. */
void io_settle_keyboard(struct vcpu *vcpu);

/* The handlers. The file is named like the function: exit_cpuid() is in exits/cpuid.c. */
exit_fn exit_apic_access;
exit_fn exit_apic_write;
exit_fn exit_cpuid;
exit_fn exit_cr_access;
exit_fn exit_ept_misconfiguration;
exit_fn exit_ept_violation;
exit_fn exit_exception;
exit_fn exit_external_interrupt;
exit_fn exit_hlt;
exit_fn exit_init_signal;
exit_fn exit_interrupt_window;
exit_fn exit_invd;
exit_fn exit_io;
exit_fn exit_nmi_window;
exit_fn exit_preemption_timer;
exit_fn exit_rdmsr;
exit_fn exit_sipi;
exit_fn exit_task_switch;
exit_fn exit_tpr_threshold;
exit_fn exit_triple_fault;
exit_fn exit_unexpected;
exit_fn exit_virtualized_eoi;
exit_fn exit_vmcall;
exit_fn exit_vmx_instruction;
exit_fn exit_wrmsr;
exit_fn exit_xsetbv;

#endif
