/*
 * vmx/windows.c: what is switched on and off while the guest runs: which events exit, the windows
 * for an interrupt and an NMI, and the VMX-preemption timer.
 * Source: SDM volume 3, "VM-Execution Control Fields" (3C 25.6), "Other Causes of VM Exits" (26.2).
 */
#include "machine.h"
#include "vmx/capabilities.h"
#include "vmx/operations.h"
#include "vmx/vmcs.h"

#define NEVER 0xFFFFFFFFu /* for the timer: a minute at least, and then one exit for nothing */

void vmx_intercept_exceptions(uint32_t vectors)
{
    vmcs_write(VMCS_EXCEPTION_BITMAP, vectors);
}

void vmx_interrupts_exit(bool on)
{
    vmcs_switch_bits(VMCS_PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT_EXITING, on);
}

void vmx_acknowledge(bool on)
{
    vmcs_switch_bits(VMCS_EXIT_CONTROLS, EXITCTL_ACKNOWLEDGE_INTERRUPT, on);
}

void vmx_nmis_exit(void)
{
    vmcs_set_bits(VMCS_PIN_CONTROLS, PIN_NMI_EXITING | PIN_VIRTUAL_NMIS | PIN_PREEMPTION_TIMER);
    vmx_exit_soon_over();
}

void vmx_hlt_exits(bool on)
{
    vmcs_switch_bits(VMCS_PRIMARY_PROC_CONTROLS, PROC_HLT_EXITING, on);
}

void vmx_interrupt_window(bool wanted)
{
    vmcs_switch_bits(VMCS_PRIMARY_PROC_CONTROLS, PROC_INTERRUPT_WINDOW_EXITING, wanted);
}

void vmx_nmi_window(bool wanted)
{
    vmcs_switch_bits(VMCS_PRIMARY_PROC_CONTROLS, PROC_NMI_WINDOW_EXITING, wanted);
}

bool vmx_can_exit_soon(void)
{
    return vmx_allows(vmx_capabilities.pin, PIN_PREEMPTION_TIMER);
}

/* With 0 in the VMX-preemption timer an entry exits again, by reason 52, before the guest's first
 * instruction: SDM volume 3, "VMX-Preemption Timer" (3C 26.5.1). With several processors this may
 * come from an NMI, at any time, so it writes the value and nothing else: the control stays on. */
void vmx_exit_soon(void)
{
    vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, 0);
    if (machine.cpus == 1)
        vmcs_switch_bits(VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER, true);
}

void vmx_exit_soon_over(void)
{
    if (machine.cpus > 1)
        vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, NEVER);
    else
        vmcs_switch_bits(VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER, false);
}
