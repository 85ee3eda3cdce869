/*
 * exits/preemption_timer.c: the VMX-preemption timer, exit reason 52. With 0 in it an entry exits
 * again before the guest's first instruction. Somebody wants that for one entry: there is mail
 * (cpu/mail.h), or the delivery of one event goes to hidden memory (exits/hidden.c), which
 * exit_chores() has ended already. All other entries are to take as long as they like.
 * Source: SDM volume 3, "VMX-Preemption Timer" (3C 26.5.1).
 */
#include "cpu/mail.h"
#include "exits/exits.h"
#include "machine.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define NEVER 0xFFFFFFFFu /* a minute at least: then one exit for nothing */

void exit_before_next_instruction(void)
{
    vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, 0);
    vmcs_set(VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER);
}

/* With several processors host_nmi() may write the value at any time, but nothing else: the control
 * stays on. */
void exit_no_more_before_next_instruction(void)
{
    if (machine.cpus > 1)
        vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, NEVER);
    else
        vmcs_clear(VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER);
}

enum exit_action exit_preemption_timer(struct vcpu *vcpu)
{
    inject_interrupted_event();
    if (vcpu->mail != 0 || machine.cpus > 1)
        mail_read(vcpu);
    return EXIT_RESUME;
}
