/*
 * vmx/guest_area.c: the guest-state area of a guest in real mode.
 * Source: SDM volume 3, "Guest-State Area" (3C 25.4); virt/real_mode.c has what is not VMX's own.
 */
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

/* The PDPTEs are left out: an entry loads them with PAE paging only. SDM volume 3, "Loading
 * Page-Directory-Pointer-Table Entries" (3C 27.3.2.4). */
void vmx_real_mode(void)
{
    vmcs_write(VMCS_GUEST_CR0, CR0_ET | CR0_NE);
    vmcs_write(VMCS_GUEST_CR4, CR4_VMXE);
    vmcs_write(VMCS_CR0_READ_SHADOW, CR0_ET); /* NE and VMXE are 0: vmx/controls.c */
    vmcs_write(VMCS_CR4_READ_SHADOW, 0);
    vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
    vmcs_switch_bits(VMCS_ENTRY_CONTROLS, ENTRYCTL_IA32E_MODE_GUEST, false);
    vmcs_write(VMCS_LINK_POINTER, VMCS_LINK_POINTER_NONE);
}
