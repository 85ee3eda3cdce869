/*
 * exits/preemption_timer.c: the VMX-preemption timer, exit reason 52. Somebody has asked for an
 * exit before the guest's next instruction: there are notes of other processors (apic/inbox.h), or
 * the delivery of one event goes to hidden memory (exits/hidden.c), and countdown.c has ended that
 * already.
 */
#include "exits/exits.h"
#include "init/init.h"
#include "machine.h"
#include "virt/inject.h"
#include "virt/nmi.h"

enum exit_action exit_preemption_timer(struct vcpu *vcpu)
{
    inject_interrupted_event();
    if (vcpu->inbox.notes != 0 || machine.cpus > 1 || nmi_is_open(vcpu))
        inbox_read(vcpu);
    return EXIT_RESUME;
}
