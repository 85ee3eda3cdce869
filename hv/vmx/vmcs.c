/*
 * vmx/vmcs.c: VMXON, and a VMCS for each vCPU.
 * Source: SDM volume 3, "Preparation and Launching a Virtual Machine" (3C 32.6).
 */
#include "vmx/vmcs.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "machine.h"
#include "mem/pages.h"
#include "vmx/capabilities.h"
#include "vmx/explain/words.h"

_Noreturn void vmcs_access_failed(uint32_t field, bool write)
{
    uint64_t error = 0;

    field &= 0xFFFF;
    /* Not by vmcs_read(): this is what runs when that fails. */
    __asm__ volatile("vmread %1, %0"
                     : "+r"(error)
                     : "r"((uint64_t)VMCS_VM_INSTRUCTION_ERROR)
                     : "cc");
    end_stop("%s of %s (%x) failed: %s", write ? "VMWRITE" : "VMREAD", vmcs_field_name(field),
             field,
             error == 0 ? "there is no current VMCS" : vm_instruction_error((uint32_t)error));
}

uint64_t vmcs_read(uint32_t field)
{
    return vmcs_read_inline(field);
}

void vmcs_write(uint32_t field, uint64_t value)
{
    vmcs_write_inline(field, value);
}

void vmcs_set_bits(uint32_t field, uint64_t bits)
{
    vmcs_write(field, vmcs_read(field) | bits);
}

void vmcs_switch_bits(uint32_t field, uint64_t bits, bool on)
{
    uint64_t before = vmcs_read(field);
    uint64_t after = on ? before | bits : before & ~bits;

    if (after != before)
        vmcs_write(field, after);
}

/* IA32_VMX_BASIC bits 30:0, the first word of every VMXON region and VMCS. */
static uint32_t revision(void)
{
    return (uint32_t)vmx_capabilities.basic & 0x7FFFFFFF;
}

/* CR0 and CR4 as VMX operation wants them: bits that must be 1, and none that must be 0. */
static void set_fixed_bits(void)
{
    uint64_t cr4 = read_cr4() | CR4_VMXE;

    if (cpuid(1, 0).ecx & 1u << 26) /* XSAVE: XSETBV needs it in the hypervisor as well */
        cr4 |= CR4_OSXSAVE;
    write_cr0((read_cr0() | vmx_capabilities.cr0_fixed0) & vmx_capabilities.cr0_fixed1);
    write_cr4((cr4 | vmx_capabilities.cr4_fixed0) & vmx_capabilities.cr4_fixed1);
}

void vmx_on(struct vcpu *vcpu)
{
    uint64_t address;
    bool failed;

    if (vcpu->vmx.vmxon == NULL)
        vcpu->vmx.vmxon = pages_alloc(1);
    address = physical_address(vcpu->vmx.vmxon);
    set_fixed_bits();
    *(uint32_t *)vcpu->vmx.vmxon = revision();
    __asm__ volatile("vmxon %1" : "=@ccbe"(failed) : "m"(address) : "memory");
    if (failed)
        end_stop("VMXON failed with the region at %lx, revision %x", address, revision());
}

void vmcs_clear(const struct vcpu *vcpu)
{
    uint64_t address = physical_address(vcpu->vmx.vmcs);
    bool failed;

    __asm__ volatile("vmclear %1" : "=@ccbe"(failed) : "m"(address) : "memory");
    if (failed)
        end_stop("VMCLEAR failed with the VMCS at %lx", address);
}

void vmcs_load(const struct vcpu *vcpu)
{
    uint64_t address = physical_address(vcpu->vmx.vmcs);
    bool failed;

    __asm__ volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(address) : "memory");
    if (failed)
        end_stop("VMPTRLD failed with the VMCS at %lx", address);
}

void vmcs_create(struct vcpu *vcpu)
{
    vcpu->vmx.vmcs = pages_alloc(1);
    vcpu->vmx.io_bitmap = pages_alloc(2);
    vcpu->vmx.msr_bitmap = pages_alloc(1);
    *(uint32_t *)vcpu->vmx.vmcs = revision();
    vmcs_clear(vcpu);
    vmcs_load(vcpu);
}

void vmcs_poke(void)
{
    for (uint32_t i = 0; i < machine.options.poke_count; i++) {
        const struct option_poke *poke = &machine.options.poke[i];

        log_warn("poke: %s (%x) was %lx, is %lx", vmcs_field_name(poke->field), poke->field,
                 vmcs_read(poke->field), poke->value);
        vmcs_write(poke->field, poke->value);
    }
}

void vmcs_prove(void)
{
    vmcs_read(VMCS_EXIT_REASON);
    vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);
    vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);
    vmcs_read(VMCS_GUEST_RFLAGS);
    vmcs_write(VMCS_GUEST_RIP, vmcs_read(VMCS_GUEST_RIP));
}
