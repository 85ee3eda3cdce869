/*
 * exits/interrupt_window.c: the guest can take an interrupt now, exit reason 7. apic_update() has
 * asked for this.
 */
#include "apic/apic.h"
#include "exits/exits.h"

enum exit_action exit_interrupt_window(struct vcpu *vcpu)
{
    external_window_opens(vcpu);
    return EXIT_RESUME;
}
