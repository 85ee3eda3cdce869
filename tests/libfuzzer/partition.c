/*
 * partition.c: model/partition.c, with any bytes as a partition table.
 */
#include "model/partition.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct partition partition = {99, 0, 0};
    enum partition_result result;
    unsigned active = 0, last = 0;
    uint8_t *mbr;

    if (size > 66)
        return 0;
    mbr = calloc(1, 512);
    memcpy(mbr + 446, data, size);
    if (size < 64) /* otherwise the signature is libFuzzer's too */
        memcpy(mbr + 510, "\x55\xAA", 2);
    for (unsigned i = 0; i < 4; i++) {
        if (mbr[446 + 16 * i] == 0x80) {
            active++;
            last = i;
        }
    }
    const uint8_t *entry = mbr + 446 + 16 * last;
    uint32_t lba = entry[8] | entry[9] << 8 | entry[10] << 16 | (uint32_t)entry[11] << 24;
    result = partition_active(mbr, &partition);
    if (mbr[510] != 0x55 || mbr[511] != 0xAA) {
        CLAIM(result == PARTITION_NO_SIGNATURE);
    } else if (active != 1) {
        CLAIM(result == (active == 0 ? PARTITION_NONE_ACTIVE : PARTITION_SEVERAL_ACTIVE));
    } else {
        CLAIM(result == (entry[4] == 0 || lba == 0 ? PARTITION_EMPTY : PARTITION_FOUND));
        CLAIM(partition.index == last && partition.type == entry[4] && partition.first_lba == lba);
    }
    free(mbr);
    return 0;
}
