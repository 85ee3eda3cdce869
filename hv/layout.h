/*
 * layout.h: every address, sector, port and selector that is hv16's to choose, once. What is the
 * architecture's or the PC's is in cpu/x86.h.
 *
 * C is the truth: tools/gen_inc.c prints these for nasm as build/layout.inc, so assembly and C
 * cannot disagree. Only plain numbers stand here.
 */
#pragma once

/* --- The disk: LBA numbers on the drive hv16 boots from; 0 is the MBR ----------------------- */
#define LBA_HEADER        1   /* struct image_header */
#define LBA_OPTIONS       2   /* one sector of text, see model/options.h */
#define LBA_STAGE2        3   /* stage2, then the hypervisor, each from a sector boundary */
#define IMAGE_MAX_SECTORS 128 /* stage2 + hypervisor, packed: 64 KiB */
#define MBR_CODE_MAX      440 /* then the disk signature and the partition table */

/* --- Low memory, while booting ---------------------------------------------------------------- */
#define BOOT_SECTOR_ADDR 0x7C00  /* where every BIOS puts a boot sector */
#define MBR_ADDR         0x0600  /* the MBR moves itself here, out of the next one's way */
#define HEADER_ADDR      0x0800  /* the image header, read by the MBR */
#define BOOT_INFO_ADDR   0x1000  /* struct boot_info, filled by stage2 */
#define STAGE2_ADDR      0x8000  /* stage2, at most up to HV_LOAD_ADDR */
#define HV_LOAD_ADDR     0x10000 /* the hypervisor as read from disk, packed */

#define TRAMPOLINE_ADDR 0x8000 /* hv/init/trampoline.asm: stage2 is done by then */
#define TRAMPOLINE_MAX  0x100

/* --- The hypervisor's block --------------------------------------------------------------------
 * 2 MiB aligned and hidden whole, so that one EPT entry hides it. Only its first MiB is used:
 * with the A20 gate closed, address bit 20 reads as 0, and an even MiB does not notice. */
#define HV_BLOCK_SIZE      0x200000
#define HV_PAGE_TABLES     0xF0000 /* offset of the page tables that stage2 builds */
#define HV_PML4            0xF0000 /* what CR3 points to, ... */
#define HV_PML4_START      0xF1000 /* ... and until a processor is in long mode */
#define HV_PAGE_TABLES_END 0x100000
#define HV_VIRT            0xFFFFFFFF80000000 /* where the hypervisor is linked */
#define HV_PHYSICAL        0xFFFF800000000000 /* where it finds physical address 0, and 4 GiB on */

/* --- Memory the guest sees, but must not use ----------------------------------------------- */
#define RESIDENT_SIZE 0x800 /* hv/guest/resident.asm and its tables, top of base memory */

/* --- Ports: who has which; the others are in cpu/x86.h -----------------------------------------
 */
#define PORT_E9   0xE9  /* emulators print what is written here */
#define PORT_COM1 0x3F8 /* the guest's */
#define PORT_COM2 0x2F8 /* the hypervisor's log */

/* --- Processors ------------------------------------------------------------------------------ */
#define CPUS_MAX        8  /* virtual processors, each on a processor of its own */
#define FAULT_STUB_SIZE 16 /* bytes of code for each vector of the IDT: host/faults.asm */

/* --- Selectors of the GDT that stage2 loads and the hypervisor keeps -------------------------- */
#define SEL_CODE32 0x08
#define SEL_DATA   0x10
#define SEL_CODE64 0x18
#define SEL_TSS    0x20 /* of the first processor; each has one of its own, 16 bytes on */
