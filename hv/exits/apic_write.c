/*
 * exits/apic_write.c: a write that went to the virtual-APIC page and wants more, exit reason 56. It
 * comes after the instruction: the value is in the page, and RIP stays.
 * Source: SDM volume 3, "APIC-Write Emulation" (3C 30.4.3.2).
 */
#include "apic/apic.h"
#include "exits/exits.h"
#include "virt/virt.h"

enum exit_action exit_apic_write(struct vcpu *vcpu)
{
    apic_written(vcpu, virt->exit_apic().offset & ~15u);
    return EXIT_RESUME;
}
