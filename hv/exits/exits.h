/*
 * exits/exits.h: the handlers of exit reasons. What a handler is: virt/exit.h.
 */
#pragma once

#include "vcpu.h"
#include "virt/exit.h"

/* exits/table.c: what the exit loop is handed. exit_unexpected() is in all slots that nothing else
 * is in. */
extern const struct exit_handlers exit_handlers;

/* exits/countdown.c */
void exit_countdown_over(struct vcpu *vcpu);

/* exits/exception.c: an NMI hits the hypervisor itself, on this vCPU's processor. */
void exit_nmi_in_hypervisor(struct vcpu *vcpu);

/* exits/hidden.c: the guest touched the hidden block. */
enum exit_action hidden_access(struct vcpu *vcpu, const struct exit_memory *access);
/* Ends the step that hidden_access() began. */
void hidden_step_end(struct vcpu *vcpu);

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
