/*
 * processors.c: model/processors.c, with any tables in memory. A table gets a checksum that is
 * right, or libFuzzer would never come past it; and libFuzzer may then change single bytes.
 */
#include "model/processors.h"
#include "fuzz.h"

#define MIB    0x100000u
#define MEMORY (MIB + 0x1000u) /* the tables are at the end or in the ROM */
#define ROM    0xE0000u

/* Just so large, for AddressSanitizer. */
static uint8_t *memory;

static void put32(uint32_t address, uint32_t value)
{
    memcpy(memory + address, &value, sizeof value);
}

static void add_up(uint32_t address, uint32_t length, uint32_t checksum)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + memory[address + i]);
    memory[address + checksum] = (uint8_t)(memory[address + checksum] - sum);
}

/* A table whose contents are the next `length` bytes, at an address that may be at the very end. */
static uint32_t put_table(struct input *input, const char *signature, uint32_t at)
{
    uint32_t length = 44 + (uint32_t)take(input, 1);

    if (at + length > MEMORY)
        at = MEMORY - length;
    memset(memory + at, 0, length);
    memcpy(memory + at, signature, 4);
    put32(at + 4, length);
    for (uint32_t i = 36; i < length && input->left != 0; i++)
        memory[at + i] = (uint8_t)take(input, 1);
    add_up(at, length, 9);
    return at;
}

static uint32_t length_of(uint32_t table)
{
    return memory[table + 4] | (uint32_t)memory[table + 5] << 8;
}

/* What the MADT says, read by the book: the count of enabled processors. */
static uint32_t count_enabled(const uint8_t *madt)
{
    uint32_t length = length_of((uint32_t)(madt - memory)), count = 0;

    for (uint32_t at = 44; at + 2 <= length && madt[at + 1] >= 2 && at + madt[at + 1] <= length;
         at += madt[at + 1]) {
        const uint8_t *entry = madt + at;
        if ((entry[0] == 0 && entry[1] >= 8 && entry[4] & 1) ||
            (entry[0] == 9 && entry[1] >= 12 && entry[8] & 1))
            count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct processors found;
    uint32_t rsdp = ROM + ((uint32_t)take(&input, 1) << 4), madt, rsdt, changes;

    if (memory == NULL)
        memory = calloc(1, MEMORY);
    memset(memory + 0x400, 0, 0x100);
    memset(memory + 0x9FC00, 0, 0x400);
    memset(memory + ROM, 0, MEMORY - ROM);
    changes = (uint32_t)take(&input, 1);
    madt = put_table(&input, "APIC", MIB + (uint32_t)take(&input, 2) % 0x800);
    rsdt = put_table(&input, "RSDT", MIB + 0x800 + (uint32_t)take(&input, 2) % 0x800);
    put32(rsdt + 36, madt); /* so that there is one */
    add_up(rsdt, length_of(rsdt), 9);
    if (changes & 0x80) { /* the EBDA, which comes first */
        memory[0x40E] = 0xC0;
        memory[0x40F] = 0x9F;
        rsdp = 0x9FC00 + (rsdp & 0x3E0);
    }
    memcpy(memory + rsdp, "RSD PTR ", 8);
    put32(rsdp + 16, rsdt);
    add_up(rsdp, 20, 8);
    for (unsigned i = 0; i < (changes & 7); i++) {
        uint32_t from[] = {rsdp, rsdt, madt, 0x40E};
        uint32_t at = from[take(&input, 1) & 3] + (uint32_t)take(&input, 1);
        if (at < MEMORY)
            memory[at] = (uint8_t)take(&input, 1);
    }

    processors_find(&found, memory, MEMORY);
    CLAIM(found.count <= 8 && (found.left_out == 0 || found.count == 8));
    CLAIM(found.has_table || found.count == 0);
    if ((changes & 7) == 0 && rsdt >= madt + length_of(madt)) {
        CLAIM(found.has_table);
        CLAIM(found.count + found.left_out == count_enabled(memory + madt));
    }
    return 0;
}
