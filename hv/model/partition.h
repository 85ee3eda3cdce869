/*
 * model/partition.h: what an MBR's partition table says. Pure logic.
 */
#pragma once

#include <stdint.h>

enum partition_result {
    PARTITION_FOUND,
    PARTITION_NO_SIGNATURE, /* no 55AAh at the end of the sector */
    PARTITION_NONE_ACTIVE,
    PARTITION_SEVERAL_ACTIVE,
    PARTITION_EMPTY, /* the active entry has type 0 or starts at LBA 0 */
};

struct partition {
    uint32_t index; /* 0 to 3 */
    uint8_t type;
    uint32_t first_lba;
};

/*
 * Finds the one active partition in the 512-byte sector `mbr`. `partition` describes it after
 * PARTITION_FOUND and PARTITION_EMPTY; after the other results it means nothing.
 */
enum partition_result partition_active(const uint8_t *mbr, struct partition *partition);
