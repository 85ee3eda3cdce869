/*
 * vmx/virtual_apic.c: what the processor does of the guest's local APIC, as controls and fields.
 * Source: SDM volume 3, "APIC Virtualization and Virtual Interrupts" (3C 30).
 */
#include "vmx/capabilities.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"
#include <stddef.h>

static uint32_t proc_controls(const struct virt_apic *wanted)
{
    return wanted->tpr_shadow ? PROC_USE_TPR_SHADOW
                              : PROC_CR8_LOAD_EXITING | PROC_CR8_STORE_EXITING;
}

static uint32_t proc2_controls(const struct virt_apic *wanted)
{
    return (wanted->page_accesses ? PROC2_VIRTUALIZE_APIC_ACCESSES : 0) |
           (wanted->x2apic ? PROC2_VIRTUALIZE_X2APIC_MODE : 0) |
           (wanted->registers ? PROC2_APIC_REGISTER_VIRTUALIZATION : 0) |
           (wanted->delivery ? PROC2_VIRTUAL_INTERRUPT_DELIVERY : 0);
}

/* By their names in the SDM, those first without which the others make no sense. */
static const struct {
    uint32_t bit;
    const char *name;
} proc2_names[] = {
    {PROC2_VIRTUALIZE_APIC_ACCESSES, "virtualize APIC accesses"},
    {PROC2_VIRTUALIZE_X2APIC_MODE, "virtualize x2APIC mode"},
    {PROC2_APIC_REGISTER_VIRTUALIZATION, "APIC-register virtualization"},
    {PROC2_VIRTUAL_INTERRUPT_DELIVERY, "virtual-interrupt delivery"},
};

const char *vmx_apic_lacks(const struct virt_apic *wanted)
{
    if (wanted->tpr_shadow && !vmx_allows(vmx_capabilities.proc, PROC_USE_TPR_SHADOW))
        return "use TPR shadow";
    for (uint32_t i = 0; i < sizeof proc2_names / sizeof proc2_names[0]; i++) {
        if (!vmx_allows(vmx_capabilities.proc2, proc2_controls(wanted) & proc2_names[i].bit))
            return proc2_names[i].name;
    }
    if (!vmx_allows(vmx_capabilities.pin, PIN_EXTERNAL_INTERRUPT_EXITING))
        return "external-interrupt exiting";
    if (!vmx_allows(vmx_capabilities.exit, EXITCTL_ACKNOWLEDGE_INTERRUPT))
        return "acknowledge interrupt on exit";
    return NULL;
}

bool vmx_apic_posts(void)
{
    return vmx_allows(vmx_capabilities.pin, PIN_PROCESS_POSTED_INTERRUPTS);
}

/* The processor insists on "acknowledge interrupt on exit" here: SDM, "VM-Execution Control Fields"
 * (27.2.1.1). */
static void open_posting(const struct virt_apic_pages *pages)
{
    vmcs_set_bits(VMCS_PIN_CONTROLS, PIN_PROCESS_POSTED_INTERRUPTS);
    vmcs_set_bits(VMCS_EXIT_CONTROLS, EXITCTL_ACKNOWLEDGE_INTERRUPT);
    vmcs_write(VMCS_POSTED_INTERRUPT_VECTOR, pages->notification_vector);
    vmcs_write(VMCS_POSTED_INTERRUPT_DESCRIPTOR, pages->posted);
}

/* The controls of the three sets, and for each control the address or the field that it makes the
 * processor use. Nothing has been requested yet, and no EOI exits. vmx_apic_follow_mode() turns
 * "virtualize x2APIC mode" on and off, so it is off here. */
void vmx_apic_open(const struct virt_apic *wanted, const struct virt_apic_pages *pages)
{
    uint32_t proc2 = proc2_controls(wanted) & ~PROC2_VIRTUALIZE_X2APIC_MODE;

    vmcs_set_bits(VMCS_PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT_EXITING);
    vmcs_set_bits(VMCS_PRIMARY_PROC_CONTROLS, proc_controls(wanted));
    vmcs_set_bits(VMCS_SECONDARY_PROC_CONTROLS, proc2);
    if (wanted->tpr_shadow) {
        vmcs_write(VMCS_VIRTUAL_APIC_ADDRESS, pages->virtual);
        vmcs_write(VMCS_TPR_THRESHOLD, 0);
    }
    if (wanted->page_accesses)
        vmcs_write(VMCS_APIC_ACCESS_ADDRESS, pages->access);
    if (wanted->delivery) {
        for (uint32_t i = 0; i < 4; i++)
            vmcs_write(VMCS_EOI_EXIT_BITMAP_0 + 2 * i, 0);
    }
    if (wanted->posting && vmx_apic_posts())
        open_posting(pages);
}

/* The two ways to virtualize accesses exclude each other: SDM, "VM-Execution Control Fields"
 * (27.2.1.1). */
void vmx_apic_follow_mode(const struct virt_apic *wanted, bool x2apic)
{
    uint32_t both = PROC2_VIRTUALIZE_APIC_ACCESSES | PROC2_VIRTUALIZE_X2APIC_MODE;
    uint32_t one = x2apic ? PROC2_VIRTUALIZE_X2APIC_MODE : PROC2_VIRTUALIZE_APIC_ACCESSES;
    uint64_t proc2 = vmcs_read(VMCS_SECONDARY_PROC_CONTROLS) & ~(uint64_t)both;

    vmcs_write(VMCS_SECONDARY_PROC_CONTROLS, proc2 | (proc2_controls(wanted) & one));
}

void vmx_exit_when_tpr_below(uint32_t class)
{
    vmcs_write(VMCS_TPR_THRESHOLD, class);
}

void vmx_exit_at_eoi(uint8_t vector, bool on)
{
    vmcs_switch_bits(VMCS_EOI_EXIT_BITMAP_0 + vector / 64 * 2u, 1ull << vector % 64, on);
}
