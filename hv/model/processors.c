/*
 * model/processors.c: the way through ACPI's tables to that of the processors.
 */
#include "model/processors.h"
#include "cpu/x86.h"
#include "lib/string.h"

#define ROM_START 0xE0000u /* where a BIOS puts its tables, up to 1 MiB; or into the EBDA */
#define ROM_END   0x100000u
#define KIB       0x400u
#define PARAGRAPH 16u

#define RSDP_BYTES    20u /* of ACPI 1.0, which the checksum covers */
#define RSDP_RSDT     16u
#define ACPI_HEADER   36u /* of each table: signature, length, ... */
#define ACPI_LENGTH   4u
#define MADT_ENTRIES  44u
#define MADT_LOCAL    0u /* types of entries */
#define MADT_LOCAL_X2 9u
#define ENABLED       1u

struct memory {
    const uint8_t *bytes;
    uint64_t size;
};

static uint16_t word_at(const struct memory *memory, uint32_t address)
{
    return (uint16_t)(memory->bytes[address] | memory->bytes[address + 1] << 8);
}

static uint32_t dword_at(const struct memory *memory, uint32_t address)
{
    return word_at(memory, address) | (uint32_t)word_at(memory, address + 2) << 16;
}

static bool is_inside(const struct memory *memory, uint32_t address, uint64_t length)
{
    return address + length <= memory->size;
}

/* Tables add up to 0. */
static bool adds_up(const struct memory *memory, uint32_t address, uint32_t length)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + memory->bytes[address + i]);
    return sum == 0;
}

/* The address of the "root system description pointer" in [from, to), or 0. */
static uint32_t find_rsdp_between(const struct memory *memory, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at + RSDP_BYTES <= to; at += PARAGRAPH) {
        if (memcmp(memory->bytes + at, "RSD PTR ", 8) == 0 && adds_up(memory, at, RSDP_BYTES))
            return at;
    }
    return 0;
}

static uint32_t find_rsdp(const struct memory *memory)
{
    uint32_t ebda = (uint32_t)word_at(memory, BDA_EBDA) * PARAGRAPH;
    uint32_t at = 0;

    if (ebda >= BDA_END && ebda + KIB <= ROM_END)
        at = find_rsdp_between(memory, ebda, ebda + KIB);
    return at != 0 ? at : find_rsdp_between(memory, ROM_START, ROM_END);
}

static void add(struct processors *found, uint32_t id, uint32_t flags)
{
    if ((flags & ENABLED) == 0)
        return;
    if (found->count < sizeof found->id / sizeof found->id[0])
        found->id[found->count++] = id;
    else
        found->left_out++;
}

/* The length of the ACPI table there, if it is one, with this signature, and unharmed. */
static uint32_t acpi_length(const struct memory *memory, uint32_t at, const char *signature)
{
    uint32_t length;

    if (!is_inside(memory, at, ACPI_HEADER) || memcmp(memory->bytes + at, signature, 4) != 0)
        return 0;
    length = dword_at(memory, at + ACPI_LENGTH);
    if (length < ACPI_HEADER || !is_inside(memory, at, length) || !adds_up(memory, at, length))
        return 0;
    return length;
}

static void read_madt(struct processors *found, const struct memory *memory, uint32_t at,
                      uint32_t end)
{
    uint32_t size;

    for (at += MADT_ENTRIES; at + 2 <= end; at += size) {
        uint8_t type = memory->bytes[at];

        size = memory->bytes[at + 1];
        if (size < 2 || at + size > end)
            return;
        if (type == MADT_LOCAL && size >= 8)
            add(found, memory->bytes[at + 3], dword_at(memory, at + 4));
        else if (type == MADT_LOCAL_X2 && size >= 12)
            add(found, dword_at(memory, at + 4), dword_at(memory, at + 8));
    }
}

void processors_find(struct processors *found, const uint8_t *bytes, uint64_t size)
{
    const struct memory memory = {bytes, size};
    uint32_t rsdp = find_rsdp(&memory);
    uint32_t rsdt = rsdp == 0 ? 0 : dword_at(&memory, rsdp + RSDP_RSDT);
    uint32_t rsdt_length = rsdt == 0 ? 0 : acpi_length(&memory, rsdt, "RSDT");

    *found = (struct processors){0};
    for (uint32_t i = ACPI_HEADER; i + 4 <= rsdt_length; i += 4) {
        uint32_t table = dword_at(&memory, rsdt + i);
        uint32_t length = acpi_length(&memory, table, "APIC");

        if (length >= MADT_ENTRIES) {
            found->has_table = true;
            read_madt(found, &memory, table, table + length);
            return;
        }
    }
}
