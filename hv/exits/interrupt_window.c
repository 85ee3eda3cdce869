/*
 * exits/interrupt_window.c: the guest can take an interrupt now, exit reason 7. apic_update() has
 * asked for this.
 */
#include "apic/apic.h"

enum exit_action exit_interrupt_window(struct vcpu *vcpu)
{
    apic_window_opens(vcpu);
    return EXIT_RESUME;
}
