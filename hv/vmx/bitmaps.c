/*
 * vmx/bitmaps.c: which ports and MSRs exit.
 * Source: SDM volume 3, "I/O-Bitmap Addresses" (3C 25.6.4), "MSR-Bitmap Address" (25.6.9).
 */
#include "cpu/msr.h"
#include "cpu/x86.h"
#include "lib/bitmap.h"
#include "machine.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

/* The four parts of an MSR bitmap: SDM, "MSR-Bitmap Address" (25.6.9). */
#define MSR_READ_LOW  0
#define MSR_WRITE_LOW 2048

void vmx_trap_msr(const struct vcpu *vcpu, uint32_t msr, bool read, bool write)
{
    bitmap_set(vcpu->vmx.msr_bitmap + MSR_READ_LOW, msr, read);
    bitmap_set(vcpu->vmx.msr_bitmap + MSR_WRITE_LOW, msr, write);
}

static void trap_msrs(const struct vcpu *vcpu, uint32_t first, uint32_t last, bool read)
{
    for (uint32_t msr = first; msr <= last; msr++)
        vmx_trap_msr(vcpu, msr, read, true);
}

/* exits/msr.c answers these. MTRRs may be read: the guest's memory types are the machine's. */
static void fill_msr_bitmap(const struct vcpu *vcpu)
{
    trap_msrs(vcpu, MSR_IA32_FEATURE_CONTROL, MSR_IA32_FEATURE_CONTROL, true);
    trap_msrs(vcpu, MSR_IA32_SMM_MONITOR_CTL, MSR_IA32_SMM_MONITOR_CTL, true);
    trap_msrs(vcpu, MSR_IA32_VMX_BASIC, MSR_IA32_VMX_LAST, true);
    trap_msrs(vcpu, MSR_IA32_BIOS_UPDT_TRIG, MSR_IA32_BIOS_UPDT_TRIG, false);
    trap_msrs(vcpu, MSR_IA32_MTRR_PHYSBASE0, MSR_IA32_MTRR_LAST_VAR, false);
    trap_msrs(vcpu, MSR_IA32_MTRR_FIX64K, MSR_IA32_MTRR_FIX4K_F8, false);
    trap_msrs(vcpu, MSR_IA32_MTRR_DEF_TYPE, MSR_IA32_MTRR_DEF_TYPE, false);
}

void vmx_open_bitmaps(const struct vcpu *vcpu)
{
    /* Ports that can reset the machine: exits/io.c lets the rest of what they do happen. */
    vmx_trap_port(vcpu, PORT_KBD_COMMAND, true);
    vmx_trap_port(vcpu, PORT_SYSTEM_A, true);
    vmx_trap_port(vcpu, PORT_RESET_CONTROL, true);
    fill_msr_bitmap(vcpu);
    vmcs_write(VMCS_IO_BITMAP_A, physical_address(vcpu->vmx.io_bitmap));
    vmcs_write(VMCS_IO_BITMAP_B, physical_address(vcpu->vmx.io_bitmap + PAGE_SIZE));
    vmcs_write(VMCS_MSR_BITMAP, physical_address(vcpu->vmx.msr_bitmap));
}

void vmx_trap_port(const struct vcpu *vcpu, uint16_t port, bool on)
{
    bitmap_set(vcpu->vmx.io_bitmap, port, on); /* the second bitmap follows the first */
}
