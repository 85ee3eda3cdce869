/*
 * vmx/vmx.c: the operations of virt/virt.h, and which function of this folder is which.
 */
#include "vmx/vmx.h"
#include "vmx/capabilities.h"
#include "vmx/vmcs.h"

/* Into VMX root operation, with one VMCS, of which two parts are filled. The guest's is the
 * caller's. */
static void open(struct vcpu *vcpu)
{
    vmx_on(vcpu);
    vmcs_create(vcpu);
    vmcs_write_host(vcpu);     /* what the processor loads at an exit */
    vmcs_write_controls(vcpu); /* what causes exits */
}

static void off(const struct vcpu *vcpu)
{
    vmcs_clear(vcpu);
    __asm__ volatile("vmxoff" : : : "cc", "memory");
}

static void on(struct vcpu *vcpu)
{
    vmx_on(vcpu);
    vmcs_load(vcpu);
}

const struct virt_operations vmx_operations = {
    .hypercall = {0x0F, 0x01, 0xC1}, /* VMCALL */
    .check_machine = vmx_check_machine,
    .enable = vmx_enable,
    .lacks_for_several = vmx_lacks_for_several,
    .open = open,
    .off = off,
    .on = on,
    .handle_exits = vmx_handle_exits,
    .run = vmx_loop,
    .real_mode = vmx_real_mode,
    .dump = vmx_dump,
    .poke = vmcs_poke,

    .set_control = vmx_set_control,
    .exit_soon = vmx_exit_soon,
    .trap_msr = vmx_trap_msr,
    .trap_port = vmx_trap_port,

    .apic_lacks = vmx_apic_lacks,
    .apic_posts = vmx_apic_posts,
    .apic_open = vmx_apic_open,
    .apic_follow_mode = vmx_apic_follow_mode,
    .exit_when_tpr_below = vmx_exit_when_tpr_below,
    .exit_at_eoi = vmx_exit_at_eoi,

    .exit_io = vmx_exit_io,
    .exit_memory = vmx_exit_memory,
    .exit_apic = vmx_exit_apic,
    .exit_event = vmx_exit_event,
    .exit_cr = vmx_exit_cr,
    .exit_task = vmx_exit_task,
};
