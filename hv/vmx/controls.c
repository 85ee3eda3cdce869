/*
 * vmx/controls.c: what makes the guest exit, and what is switched with it.
 * Source: SDM volume 3, "VM-Execution Control Fields" (3C 25.6), "VM-Exit Control Fields" (25.7),
 * "VM-Entry Control Fields" (25.8).
 *
 * The guest keeps its interrupts, its HLT and its BIOS: as little as possible exits.
 */
#include "cpu/x86.h"
#include "mem/ept.h"
#include "vmx/capabilities.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

/* NMIs exit, for one processor reaches another by NMI, and the guest's own are told apart. */
#define PIN_WANTED   (PIN_NMI_EXITING | PIN_VIRTUAL_NMIS)
#define PROC_WANTED  (PROC_USE_IO_BITMAPS | PROC_USE_MSR_BITMAPS | PROC_ACTIVATE_SECONDARY)
#define PROC2_WANTED (PROC2_ENABLE_EPT | PROC2_UNRESTRICTED_GUEST)
/* Instructions that the guest's CPUID promises and that are #UD unless a control allows them. */
#define PROC2_USEFUL (PROC2_ENABLE_RDTSCP | PROC2_ENABLE_INVPCID | PROC2_ENABLE_XSAVES)
#define EXIT_WANTED                                                                                \
    (EXITCTL_HOST_ADDRESS_SPACE_SIZE | EXITCTL_SAVE_DEBUG_CONTROLS | EXITCTL_SAVE_EFER |           \
     EXITCTL_LOAD_EFER | EXITCTL_SAVE_PAT | EXITCTL_LOAD_PAT)
#define ENTRY_WANTED (ENTRYCTL_LOAD_DEBUG_CONTROLS | ENTRYCTL_LOAD_EFER | ENTRYCTL_LOAD_PAT)

void vmcs_write_controls(const struct vcpu *vcpu)
{
    const struct vmcs_capabilities *caps = &vmx_capabilities;
    uint32_t useful = PROC2_USEFUL & (uint32_t)(caps->proc2 >> 32);

    vmcs_write(VMCS_PIN_CONTROLS, vmx_control(caps->pin, PIN_WANTED));
    vmcs_write(VMCS_PRIMARY_PROC_CONTROLS, vmx_control(caps->proc, PROC_WANTED));
    vmcs_write(VMCS_SECONDARY_PROC_CONTROLS, vmx_control(caps->proc2, PROC2_WANTED | useful));
    vmcs_write(VMCS_EXIT_CONTROLS, vmx_control(caps->exit, EXIT_WANTED));
    vmcs_write(VMCS_ENTRY_CONTROLS, vmx_control(caps->entry, ENTRY_WANTED));

    vmx_open_bitmaps(vcpu);
    vmcs_write(VMCS_EPT_POINTER, ept_pointer());
    /* CR0.NE and CR4.VMXE must be 1 in VMX operation. The guest owns all other bits; of these two
     * it sees the read shadow, in which it starts with 0. See exits/cr_access.c. */
    vmcs_write(VMCS_CR0_GUEST_HOST_MASK, CR0_NE);
    vmcs_write(VMCS_CR4_GUEST_HOST_MASK, CR4_VMXE);
    vmcs_write(VMCS_EXCEPTION_BITMAP, 0);
    vmcs_write(VMCS_PAGE_FAULT_ERROR_MASK, 0);
    vmcs_write(VMCS_PAGE_FAULT_ERROR_MATCH, 0);
    vmcs_write(VMCS_CR3_TARGET_COUNT, 0);
    vmcs_write(VMCS_VM_EXIT_MSR_STORE_COUNT, 0);
    vmcs_write(VMCS_VM_EXIT_MSR_LOAD_COUNT, 0);
    vmcs_write(VMCS_VM_ENTRY_MSR_LOAD_COUNT, 0);
    if (useful & PROC2_ENABLE_XSAVES)
        vmcs_write(VMCS_XSS_EXITING_BITMAP, 0);
}
