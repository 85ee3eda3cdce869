/*
 * boot.h: what the boot path leaves on disk and in memory for the next step to read.
 *
 * Both structures are read by assembly: tools/gen_inc.c prints their offsets for nasm.
 */
#pragma once

#include "cpu/x86.h"
#include "layout.h"
#include "model/e820.h"
#include <stdint.h>

#define IMAGE_MAGIC_LOW  0x36315648u /* "HV16" */
#define IMAGE_MAGIC_HIGH 0x31474D49u /* "IMG1" */

/* The sector LBA_HEADER. Written by tools/hv16/image.py, verified by the MBR and by stage2. */
struct image_header {
    uint32_t magic_low;
    uint32_t magic_high;
    uint16_t stage2_sectors; /* at LBA_STAGE2 */
    uint16_t hv_sectors;     /* right after stage2's */
    uint32_t stage2_bytes;
    uint32_t hv_bytes;       /* as on disk, packed: stage2/unpack.asm */
    uint32_t stage2_adler32; /* Adler-32 (RFC 1950) of the bytes named above */
    uint32_t hv_adler32;
};

#define STAGE2_MAGIC        0x32475453u /* "STG2", where stage2 begins; code follows it */
#define STAGE2_ENTRY_OFFSET 4

#define BOOT_INFO_MAGIC 0x4F464E49u /* "INFO" */

/* Handed from stage2 to hv_main() at BOOT_INFO_ADDR; hv_main() copies it before the guest runs. */
struct boot_info {
    uint32_t magic;
    uint8_t boot_drive;        /* BIOS drive number hv16 was read from */
    uint8_t a20_method;        /* 0 was open, 1 BIOS, 2 port 92h, 3 keyboard controller */
    uint64_t hv_base;          /* physical base of the hidden block */
    struct e820_map e820;      /* as the BIOS told it, sorted by base */
    uint8_t mbr[SECTOR_SIZE];  /* LBA 0 of the boot drive, with its partition table */
    char options[SECTOR_SIZE]; /* the options sector */
};
