/*
 * guest/resident.h: the little that hv16 leaves in the guest's own memory, at the top of base
 * memory, where 40:13 and the memory map tell the guest to keep away.
 *
 * It is real-mode code (resident.asm) with two tasks, both without any VM exit: boot the guest the
 * way an MBR does, and answer INT 15h's questions about memory with a map that lacks the block. And
 * INT 19h, which boots again, comes to hv16 by a hypercall.
 */
#pragma once

#include <stdint.h>

/* How the blob begins: first what the assembler knows, then what resident_install() fills in. */
struct resident_header {
    uint16_t boot_entry; /* offsets in the blob */
    uint16_t int15_entry;
    uint16_t map; /* offset of the E820 entries, after the code */
    uint16_t send_init_entry;
    uint16_t int19_entry;
    uint16_t hypercall; /* the instruction, which the processor's maker decides */
    uint32_t old_int15; /* the BIOS's handler, segment:offset */
    uint32_t boot_lba;
    uint16_t map_count;
    uint16_t boot_entry_address; /* DS:SI for the boot sector: its partition table entry */
    uint8_t boot_drive;
    uint8_t restarted;     /* 0: first boot. 1: the screen is in an unknown mode */
    uint8_t status_line;   /* 1: the last row of the screen is the hypervisor's */
    uint16_t extended_kib; /* answers of INT 15h AH=88h and AX=E801h */
    uint16_t e801_kib;
    uint16_t e801_blocks;
};

/*
 * Reserves the hypervisor's block and the resident's own bytes in the guest's memory map, copies
 * the resident into place and hooks INT 15h and INT 19h. Refuses when options name a guest that
 * cannot be.
 */
void resident_install(void);

/* Points the guest at the resident's boot code, which sets the video mode from the second time on.
 */
void resident_start_guest(void);

/* Points it at the code that sends an INIT: DS:0 is to be the local APIC's page, EBX the upper half
 * of ICR. */
void resident_start_send_init(void);

/* The resident could not boot the guest: stops. `why` is one of BOOT_FAILED_... (hypercall.h),
 * `code` the BIOS's error. */
_Noreturn void resident_boot_failed(uint8_t why, uint8_t code);
