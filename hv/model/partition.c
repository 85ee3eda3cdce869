/*
 * model/partition.c: what an MBR's partition table says.
 */
#include "model/partition.h"
#include "cpu/x86.h"

#define ENTRY_TYPE 4 /* offsets in an entry */
#define ENTRY_LBA  8

static uint32_t read32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

enum partition_result partition_active(const uint8_t *mbr, struct partition *partition)
{
    uint32_t active = 0;

    if ((mbr[BOOT_SIG_OFFSET] | mbr[BOOT_SIG_OFFSET + 1] << 8) != BOOT_SIGNATURE)
        return PARTITION_NO_SIGNATURE;

    for (uint32_t i = 0; i < MBR_ENTRIES; i++) {
        const uint8_t *entry = mbr + MBR_TABLE_OFFSET + i * MBR_ENTRY_SIZE;
        if (entry[0] != MBR_ACTIVE)
            continue;
        active++;
        partition->index = i;
        partition->type = entry[ENTRY_TYPE];
        partition->first_lba = read32(entry + ENTRY_LBA);
    }
    if (active == 0)
        return PARTITION_NONE_ACTIVE;
    if (active > 1)
        return PARTITION_SEVERAL_ACTIVE;
    if (partition->type == 0 || partition->first_lba == 0)
        return PARTITION_EMPTY;
    return PARTITION_FOUND;
}
