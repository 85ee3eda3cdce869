/*
 * gen_inc.c: prints the constants that C and assembly share as a nasm include file.
 *
 * C is the truth. This program is compiled for the host from the hypervisor's own headers, so a
 * number or a structure's layout that changes in C changes in assembly with the next make.
 */
#include "model/lapic.h"
#include "boot.h"
#include "guest/resident.h"
#include "hypercall.h"
#include "layout.h"
#include "vcpu.h"
#include "vmx/enter.h"
#include <stddef.h>
#include <stdio.h>

#define NUMBER(name)               printf("%%define %s 0x%llx\n", #name, (unsigned long long)(name))
#define OFFSET(name, type, member) printf("%%define %s %zu\n", #name, offsetof(struct type, member))
#define SIZE(name, type)           printf("%%define %s %zu\n", #name, sizeof(struct type))

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
    NUMBER(HV_LOAD_SEGMENT);
    NUMBER(TRAMPOLINE_ADDR);
    NUMBER(TRAMPOLINE_MAX);
    NUMBER(HV_BLOCK_SIZE);
    NUMBER(HV_PAGE_TABLES);
    NUMBER(HV_PAGE_TABLES_END);
    NUMBER(HV_VIRT);
    NUMBER(RESIDENT_SIZE);
    NUMBER(BDA_BASE_MEMORY);
    NUMBER(BDA_VIDEO_ROWS);
}

static void ports_and_selectors(void)
{
    NUMBER(PORT_E9);
    NUMBER(PORT_COM1);
    NUMBER(PORT_COM2);
    NUMBER(PORT_KBD_DATA);
    NUMBER(PORT_KBD_COMMAND);
    NUMBER(PORT_SYSTEM_A);
    NUMBER(PORT_PCI_ADDRESS);
    NUMBER(PORT_RESET_CONTROL);
    NUMBER(SEL_CODE32);
    NUMBER(SEL_DATA);
    NUMBER(SEL_CODE64);
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
    NUMBER(HYPERCALL_APIC_MODE);
    NUMBER(HYPERCALL_APIC_ADDRESSES);
    NUMBER(HYPERCALL_APIC_OFF);
    NUMBER(HYPERCALL_APIC_MMIO);
    NUMBER(HYPERCALL_APIC_TPR_RO);
    NUMBER(HYPERCALL_APIC_TPR);
    NUMBER(HYPERCALL_APIC_APICV);
    NUMBER(HYPERCALL_APIC_X2APIC);
    NUMBER(HYPERCALL_APIC_POSTED);
    NUMBER(BOOT_FAILED_READ);
    NUMBER(BOOT_FAILED_SIGNATURE);
    NUMBER(HV16_CPUID_LEAF);
}

/* Those that guest16 provokes. */
static void exit_reasons(void)
{
    NUMBER(EXIT_REASON_CPUID);
    NUMBER(EXIT_REASON_HLT);
    NUMBER(EXIT_REASON_INVD);
    NUMBER(EXIT_REASON_VMCALL);
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
    NUMBER(LAPIC_ICR);
    NUMBER(LAPIC_ICR_HIGH);
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

int main(void)
{
    printf("; Made by tools/gen_inc.c from hv/*.h: change the C, not this.\n");
    disk_and_memory();
    ports_and_selectors();
    hypercalls();
    exit_reasons();
    structures();
    resident();
    vcpu_offsets();
    return 0;
}
