/*
 * gen_inc.c: prints the constants that C and assembly share as nasm include files: x86.inc has
 * those of the architecture and of the PC, layout.inc those of hv16, and includes the other.
 *
 * C is the truth. This program is compiled for the host from the hypervisor's own headers, so a
 * number or a structure's layout that changes in C changes in assembly with the next make.
 */
#include "boot.h"
#include "cpu/msr.h"
#include "cpu/x86.h"
#include "guest/resident.h"
#include "hypercall.h"
#include "layout.h"
#include "model/lapic.h"
#include "model/options.h"
#include "svm/vmcb.h"
#include "vcpu.h"
#include "vmx/enter.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(name)               printf("%%define %s 0x%llx\n", #name, (unsigned long long)(name))
#define OFFSET(name, type, member) printf("%%define %s %zu\n", #name, offsetof(struct type, member))
#define SIZE(name, type)           printf("%%define %s %zu\n", #name, sizeof(struct type))

static void control_registers(void)
{
    NUMBER(CR0_PE);
    NUMBER(CR0_ET);
    NUMBER(CR0_NE);
    NUMBER(CR0_NW);
    NUMBER(CR0_CD);
    NUMBER(CR0_PG);
    NUMBER(CR4_PSE);
    NUMBER(CR4_PAE);
    NUMBER(CR4_LA57);
    NUMBER(CR4_VMXE);
    NUMBER(CR4_PCIDE);
    NUMBER(CR4_OSXSAVE);
    NUMBER(CR4_PKE);
    NUMBER(EFER_SCE);
    NUMBER(EFER_LME);
    NUMBER(EFER_LMA);
    NUMBER(EFER_NXE);
    NUMBER(EFER_SVME);
    NUMBER(RFLAGS_FIXED);
    NUMBER(RFLAGS_TF);
    NUMBER(RFLAGS_IF);
    NUMBER(RFLAGS_DF);
    NUMBER(RFLAGS_VM);
    NUMBER(RFLAGS_ID);
}

static void cpuid_and_segments(void)
{
    NUMBER(CPUID_1_ECX_VMX);
    NUMBER(CPUID_1_ECX_SMX);
    NUMBER(CPUID_1_ECX_X2APIC);
    NUMBER(CPUID_1_ECX_TSC_DEADLINE);
    NUMBER(CPUID_1_ECX_OSXSAVE);
    NUMBER(CPUID_1_ECX_HYPERVISOR);
    NUMBER(CPUID_1_EDX_APIC);
    NUMBER(CPUID_1_EDX_MTRR);
    NUMBER(SEGMENT_CODE32);
    NUMBER(SEGMENT_DATA);
    NUMBER(SEGMENT_CODE64);
}

static void vectors_and_pages(void)
{
    NUMBER(EXCEPTION_VECTORS);
    NUMBER(VECTOR_DB);
    NUMBER(VECTOR_NMI);
    NUMBER(VECTOR_UD);
    NUMBER(VECTOR_DF);
    NUMBER(VECTOR_TS);
    NUMBER(VECTOR_NP);
    NUMBER(VECTOR_SS);
    NUMBER(VECTOR_GP);
    NUMBER(VECTOR_PF);
    NUMBER(VECTOR_AC);
    NUMBER(VECTOR_CP);
    NUMBER(VECTORS_WITH_ERROR_CODE);
    NUMBER(PAGE_SIZE);
    NUMBER(ENTRY_P);
    NUMBER(ENTRY_RW);
    NUMBER(ENTRY_PWT);
    NUMBER(ENTRY_PCD);
    NUMBER(ENTRY_PS);
}

static void devices(void)
{
    NUMBER(PORT_PIC1_COMMAND);
    NUMBER(PORT_PIC1_DATA);
    NUMBER(PORT_PIC2_COMMAND);
    NUMBER(PORT_PIC2_DATA);
    NUMBER(PORT_PIT_DATA);
    NUMBER(PORT_PIT_COMMAND);
    NUMBER(PORT_KBD_DATA);
    NUMBER(PORT_KBD_COMMAND);
    NUMBER(PORT_CMOS_INDEX);
    NUMBER(PORT_CMOS_DATA);
    NUMBER(PORT_DELAY);
    NUMBER(PORT_SYSTEM_A);
    NUMBER(PORT_PCI_ADDRESS);
    NUMBER(PORT_RESET_CONTROL);
    NUMBER(PIC_READ_IRR);
    NUMBER(PIC_READ_ISR);
    NUMBER(KBD_WRITE_OUTPUT);
    NUMBER(KBD_OUTPUT_CALM);
    NUMBER(KBD_RESET);
    NUMBER(CMOS_SHUTDOWN);
    NUMBER(SHUTDOWN_JUMP_INIT);
    NUMBER(SHUTDOWN_JUMP);
    NUMBER(SYSTEM_A_RESET);
    NUMBER(SYSTEM_A_A20);
    NUMBER(RESET_CONTROL_SYSTEM);
    NUMBER(RESET_CONTROL_CPU);
}

static void apic_registers(void)
{
    NUMBER(LAPIC_ID);
    NUMBER(LAPIC_VERSION);
    NUMBER(LAPIC_TPR);
    NUMBER(LAPIC_APR);
    NUMBER(LAPIC_PPR);
    NUMBER(LAPIC_EOI);
    NUMBER(LAPIC_RRD);
    NUMBER(LAPIC_LDR);
    NUMBER(LAPIC_DFR);
    NUMBER(LAPIC_SVR);
    NUMBER(LAPIC_ISR);
    NUMBER(LAPIC_TMR);
    NUMBER(LAPIC_IRR);
    NUMBER(LAPIC_ESR);
    NUMBER(LAPIC_LVT_CMCI);
    NUMBER(LAPIC_ICR);
    NUMBER(LAPIC_ICR_HIGH);
    NUMBER(LAPIC_LVT_TIMER);
    NUMBER(LAPIC_LVT_THERMAL);
    NUMBER(LAPIC_LVT_PERF);
    NUMBER(LAPIC_LVT_LINT0);
    NUMBER(LAPIC_LVT_LINT1);
    NUMBER(LAPIC_LVT_ERROR);
    NUMBER(LAPIC_INITIAL_COUNT);
    NUMBER(LAPIC_CURRENT_COUNT);
    NUMBER(LAPIC_DIVIDE);
    NUMBER(LAPIC_SELF_IPI);
}

static void apic_bits(void)
{
    NUMBER(LAPIC_SVR_ENABLE);
    NUMBER(LAPIC_LVT_MASKED);
    NUMBER(LAPIC_ICR_NMI);
    NUMBER(LAPIC_ICR_INIT);
    NUMBER(LAPIC_ICR_STARTUP);
    NUMBER(LAPIC_ICR_LOGICAL);
    NUMBER(LAPIC_ICR_PENDING);
    NUMBER(LAPIC_ICR_ASSERT);
    NUMBER(LAPIC_ICR_LEVEL);
    NUMBER(LAPIC_ICR_SELF);
    NUMBER(LAPIC_ICR_OTHERS);
    NUMBER(APIC_BASE_BSP);
    NUMBER(APIC_BASE_EXTD);
    NUMBER(APIC_BASE_EN);
    NUMBER(APIC_BASE_DEFAULT);
}

static void msrs(void)
{
    NUMBER(MSR_IA32_APIC_BASE);
    NUMBER(MSR_IA32_FEATURE_CONTROL);
    NUMBER(MSR_IA32_MTRRCAP);
    NUMBER(MSR_IA32_MTRR_PHYSBASE0);
    NUMBER(MSR_IA32_MTRR_FIX64K);
    NUMBER(MSR_IA32_MTRR_DEF_TYPE);
    NUMBER(MSR_IA32_VMX_BASIC);
    NUMBER(MSR_X2APIC_FIRST);
    NUMBER(MSR_IA32_EFER);
    NUMBER(MSR_VM_CR);
    NUMBER(FEATURE_CONTROL_LOCK);
    NUMBER(FEATURE_CONTROL_VMXON);
}

static void disk_and_memory(void)
{
    NUMBER(LBA_HEADER);
    NUMBER(LBA_OPTIONS);
    NUMBER(LBA_STAGE2);
    NUMBER(SECTOR_SIZE);
    NUMBER(IMAGE_MAX_SECTORS);
    NUMBER(MBR_CODE_MAX);
    NUMBER(BOOT_SIGNATURE);
    NUMBER(BOOT_SIG_OFFSET);
    NUMBER(BOOT_SECTOR_ADDR);
    NUMBER(MBR_ADDR);
    NUMBER(HEADER_ADDR);
    NUMBER(BOOT_INFO_ADDR);
    NUMBER(STAGE2_ADDR);
    NUMBER(HV_LOAD_ADDR);
    NUMBER(TRAMPOLINE_ADDR);
    NUMBER(TRAMPOLINE_MAX);
    NUMBER(HV_BLOCK_SIZE);
    NUMBER(HV_PAGE_TABLES);
    NUMBER(HV_PML4);
    NUMBER(HV_PML4_START);
    NUMBER(HV_PAGE_TABLES_END);
    NUMBER(HV_VIRT);
    NUMBER(HV_PHYSICAL);
    NUMBER(RESIDENT_SIZE);
    NUMBER(BDA_BASE_MEMORY);
    NUMBER(BDA_WARM_START);
    NUMBER(BDA_VIDEO_ROWS);
}

static void ports_and_selectors(void)
{
    NUMBER(PORT_E9);
    NUMBER(PORT_COM1);
    NUMBER(PORT_COM2);
    NUMBER(SEL_CODE32);
    NUMBER(SEL_DATA);
    NUMBER(SEL_CODE64);
    NUMBER(FAULT_STUB_SIZE);
}

static void hypercalls(void)
{
    NUMBER(HYPERCALL_MAGIC);
    NUMBER(HYPERCALL_VERSION);
    NUMBER(HYPERCALL_END);
    NUMBER(HYPERCALL_EXITS);
    NUMBER(HYPERCALL_BLOCK);
    NUMBER(HYPERCALL_HIDDEN);
    NUMBER(HYPERCALL_BOOT_FAILED);
    NUMBER(HYPERCALL_INT19);
    NUMBER(HYPERCALL_APIC_MODE);
    NUMBER(HYPERCALL_APIC_ADDRESSES);
    NUMBER(APIC_OFF);
    NUMBER(APIC_X2APIC);
    NUMBER(APIC_POSTED);
    NUMBER(BOOT_FAILED_READ);
    NUMBER(BOOT_FAILED_SIGNATURE);
    NUMBER(HV16_CPUID_LEAF);
}

/* Those that guest16 provokes. */
static void exit_reasons(void)
{
    NUMBER(EXIT_REASON_INIT);
    NUMBER(EXIT_REASON_CPUID);
    NUMBER(EXIT_REASON_HLT);
    NUMBER(EXIT_REASON_INVD);
    NUMBER(EXIT_REASON_VMCALL);
    NUMBER(EXIT_REASON_VMLAUNCH);
    NUMBER(EXIT_REASON_VMXON);
    NUMBER(EXIT_REASON_CR_ACCESS);
    NUMBER(EXIT_REASON_IO);
    NUMBER(EXIT_REASON_RDMSR);
    NUMBER(EXIT_REASON_WRMSR);
    NUMBER(EXIT_REASON_XSETBV);
    NUMBER(EXIT_REASON_MAX);
}

static void structures(void)
{
    NUMBER(IMAGE_MAGIC_LOW);
    NUMBER(IMAGE_MAGIC_HIGH);
    NUMBER(STAGE2_MAGIC);
    NUMBER(STAGE2_ENTRY_OFFSET);
    NUMBER(BOOT_INFO_MAGIC);
    NUMBER(E820_MAX);
    NUMBER(E820_USABLE);
    SIZE(E820_ENTRY_SIZE, e820_entry);
    OFFSET(E820_ENTRY_BASE, e820_entry, base);
    OFFSET(E820_ENTRY_LENGTH, e820_entry, length);
    OFFSET(E820_ENTRY_TYPE, e820_entry, type);
    OFFSET(E820_ENTRY_ATTRIBUTES, e820_entry, attributes);
    OFFSET(HEADER_MAGIC_LOW, image_header, magic_low);
    OFFSET(HEADER_MAGIC_HIGH, image_header, magic_high);
    OFFSET(HEADER_STAGE2_SECTORS, image_header, stage2_sectors);
    OFFSET(HEADER_HV_SECTORS, image_header, hv_sectors);
    OFFSET(HEADER_STAGE2_BYTES, image_header, stage2_bytes);
    OFFSET(HEADER_HV_BYTES, image_header, hv_bytes);
    OFFSET(HEADER_STAGE2_ADLER32, image_header, stage2_adler32);
    OFFSET(HEADER_HV_ADLER32, image_header, hv_adler32);
    SIZE(BOOT_INFO_SIZE, boot_info);
    OFFSET(INFO_MAGIC, boot_info, magic);
    OFFSET(INFO_BOOT_DRIVE, boot_info, boot_drive);
    OFFSET(INFO_A20_METHOD, boot_info, a20_method);
    OFFSET(INFO_HV_BASE, boot_info, hv_base);
    OFFSET(INFO_E820_COUNT, boot_info, e820.count);
    OFFSET(INFO_E820_ENTRY, boot_info, e820.entry);
    OFFSET(INFO_MBR, boot_info, mbr);
    OFFSET(INFO_OPTIONS, boot_info, options);
}

static void resident(void)
{
    SIZE(RESIDENT_HEADER_SIZE, resident_header);
    OFFSET(RESIDENT_MAP, resident_header, map);
    OFFSET(RESIDENT_MAP_COUNT, resident_header, map_count);
    OFFSET(RESIDENT_OLD_INT15, resident_header, old_int15);
    OFFSET(RESIDENT_BOOT_LBA, resident_header, boot_lba);
    OFFSET(RESIDENT_BOOT_ENTRY_ADDRESS, resident_header, boot_entry_address);
    OFFSET(RESIDENT_BOOT_DRIVE, resident_header, boot_drive);
    OFFSET(RESIDENT_RESTARTED, resident_header, restarted);
    OFFSET(RESIDENT_STATUS_LINE, resident_header, status_line);
    OFFSET(RESIDENT_EXTENDED_KIB, resident_header, extended_kib);
    OFFSET(RESIDENT_E801_KIB, resident_header, e801_kib);
    OFFSET(RESIDENT_E801_BLOCKS, resident_header, e801_blocks);
}

static void vcpu_offsets(void)
{
    OFFSET(VCPU_GPR, vcpu, gpr);
    OFFSET(VCPU_VMCB, vcpu, svm.vmcb);
    OFFSET(VCPU_VMCB_ADDRESS, vcpu, svm.vmcb_address);
    OFFSET(VCPU_HOST_VMCB_ADDRESS, vcpu, svm.host_vmcb_address);
    OFFSET(VCPU_HOLD_INTERRUPTS, vcpu, svm.hold_interrupts);
    OFFSET(VMCB_RAX, vmcb, rax);
    NUMBER(REG_RAX);
    NUMBER(REG_RCX);
    NUMBER(REG_RDX);
    NUMBER(REG_RBX);
    NUMBER(REG_RBP);
    NUMBER(REG_RSI);
    NUMBER(REG_RDI);
    NUMBER(REG_R8);
    NUMBER(REG_R9);
    NUMBER(REG_R10);
    NUMBER(REG_R11);
    NUMBER(REG_R12);
    NUMBER(REG_R13);
    NUMBER(REG_R14);
    NUMBER(REG_R15);
    NUMBER(ENTRY_VMFAIL_INVALID);
    NUMBER(ENTRY_VMFAIL_VALID);
}

static void x86(void)
{
    control_registers();
    cpuid_and_segments();
    vectors_and_pages();
    devices();
    apic_registers();
    apic_bits();
    msrs();
}

static void layout(void)
{
    printf("%%include \"x86.inc\"\n");
    disk_and_memory();
    ports_and_selectors();
    hypercalls();
    exit_reasons();
    structures();
    resident();
    vcpu_offsets();
}

int main(int count, char *words[])
{
    if (count != 2)
        return 1;
    printf("; Made by tools/gen_inc.c from hv/*.h: change the C, not this.\n");
    if (strcmp(words[1], "x86") == 0)
        x86();
    else
        layout();
    return 0;
}
