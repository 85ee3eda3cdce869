/*
 * vmx/host_state.c: the host-state area: what the processor loads at every VM exit.
 * Source: SDM volume 3, "Host-State Area" (3C 25.5).
 */
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "host/tables.h"
#include "layout.h"
#include "vmx/enter.h"
#include "vmx/vmcs.h"

void vmcs_write_host(const struct vcpu *vcpu)
{
    struct tables_bases bases = tables_bases(vcpu->id);

    vmcs_write(VMCS_HOST_CR0, read_cr0());
    vmcs_write(VMCS_HOST_CR3, read_cr3());
    vmcs_write(VMCS_HOST_CR4, read_cr4());
    vmcs_write(VMCS_HOST_EFER, rdmsr(MSR_IA32_EFER));
    vmcs_write(VMCS_HOST_PAT, rdmsr(MSR_IA32_PAT));

    vmcs_write(VMCS_HOST_CS_SELECTOR, SEL_CODE64);
    vmcs_write(VMCS_HOST_SS_SELECTOR, SEL_DATA);
    vmcs_write(VMCS_HOST_DS_SELECTOR, SEL_DATA);
    vmcs_write(VMCS_HOST_ES_SELECTOR, SEL_DATA);
    vmcs_write(VMCS_HOST_FS_SELECTOR, SEL_DATA);
    vmcs_write(VMCS_HOST_GS_SELECTOR, SEL_DATA);
    vmcs_write(VMCS_HOST_TR_SELECTOR, TSS_SELECTOR(vcpu->id));
    vmcs_write(VMCS_HOST_FS_BASE, 0);
    vmcs_write(VMCS_HOST_GS_BASE, 0);
    vmcs_write(VMCS_HOST_TR_BASE, bases.tss);
    vmcs_write(VMCS_HOST_GDTR_BASE, bases.gdt);
    vmcs_write(VMCS_HOST_IDTR_BASE, bases.idt);
    vmcs_write(VMCS_HOST_SYSENTER_CS, 0);
    vmcs_write(VMCS_HOST_SYSENTER_ESP, 0);
    vmcs_write(VMCS_HOST_SYSENTER_EIP, 0);

    /* At an exit RSP is where vmx_exited stores the guest's registers, on top of the stack. */
    vmcs_write(VMCS_HOST_RSP, (uint64_t)vcpu->gpr);
    vmcs_write(VMCS_HOST_RIP, (uint64_t)vmx_exited);
}
