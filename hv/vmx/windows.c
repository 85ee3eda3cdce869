/*
 * vmx/windows.c: what is switched on and off while the guest runs: which events exit, the windows
 * for an interrupt and an NMI, and the VMX-preemption timer.
 * Source: SDM volume 3, "VM-Execution Control Fields" (3C 25.6), "Other Causes of VM Exits" (26.2).
 */
#include "machine.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

#define NEVER 0xFFFFFFFFu /* for the timer: a minute at least, and then one exit for nothing */

static const struct {
    uint32_t field, bits;
} controls[] = {
    [EXTERNAL_INTERRUPT_EXITING] = {VMCS_PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT_EXITING},
    [ACKNOWLEDGE_INTERRUPT_ON_EXIT] = {VMCS_EXIT_CONTROLS, EXITCTL_ACKNOWLEDGE_INTERRUPT},
    [VIRTUAL_INTERRUPT_DELIVERY] = {VMCS_SECONDARY_PROC_CONTROLS, PROC2_VIRTUAL_INTERRUPT_DELIVERY},
    [APIC_REGISTER_VIRTUALIZATION] = {VMCS_SECONDARY_PROC_CONTROLS,
                                      PROC2_APIC_REGISTER_VIRTUALIZATION},
    [HLT_EXITING] = {VMCS_PRIMARY_PROC_CONTROLS, PROC_HLT_EXITING},
    [INTERRUPT_WINDOW_EXITING] = {VMCS_PRIMARY_PROC_CONTROLS, PROC_INTERRUPT_WINDOW_EXITING},
    [NMI_WINDOW_EXITING] = {VMCS_PRIMARY_PROC_CONTROLS, PROC_NMI_WINDOW_EXITING},
    [EXCEPTION_EXITING] = {VMCS_EXCEPTION_BITMAP, 0xFFFFFFFF},
};

void vmx_set_control(enum virt_control control, bool on)
{
    vmcs_switch_bits(controls[control].field, controls[control].bits, on);
}

/* With 0 in the VMX-preemption timer an entry exits again, by reason 52, before the guest's first
 * instruction: SDM volume 3, "VMX-Preemption Timer" (3C 26.5.1). With several processors this may
 * come from an NMI, at any time, and only writes the value: the control stays on. */
void vmx_exit_soon(bool wanted)
{
    vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, wanted ? 0 : NEVER);
    vmcs_switch_bits(VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER, wanted || machine.cpus > 1);
}
