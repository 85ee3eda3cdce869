/*
 * dma/bus_master.c: the IDE controller's bus master: eight ports for each of its two channels.
 * Source: Intel 82371SB (PIIX3) datasheet, "Bus Master IDE I/O Registers", "Physical Region
 * Descriptor Format".
 *
 * A transfer goes where a table in memory says. When the guest starts one, its table is copied into
 * the block, where the guest cannot change it any more, and looked at there. The device is given
 * the copy, and never another table.
 */
#include "cpu/cpu.h"
#include "dma/dma.h"
#include "machine.h"
#include "mem/ept.h"

#define COMMAND       0
#define COMMAND_START 0x01
#define STATUS        2
#define STATUS_ERROR  0x02 /* cleared by writing 1 */
#define TABLE         4    /* to 7: the table's address; its bits 1:0 are 0 */
#define ENTRIES_MAX   512

/* An entry: bits 31:0 are an address, 47:33 say how many times 2 bytes, and 0 is 64 KiB. */
#define ENTRY_BYTES(entry) (((((entry) >> 32 & 0xFFFE) - 1) & 0xFFFF) + 1)
#define ENTRY_LAST         (1ull << 63)

static struct channel {
    _Alignas(PAGE_SIZE) uint64_t copy[ENTRIES_MAX]; /* of a table, which may not cross 64 KiB */
    uint32_t table;                                 /* as the guest has written its address */
    uint8_t shown[TABLE]; /* after a refusal: bits that the guest reads as 1 */
} channels[2];

/* By a write to FEExxxxxH a device sends an interrupt, or an INIT: SDM volume 3, "Message Address
 * Register Format" (3A 11.11.1). */
static bool is_hidden(uint64_t address)
{
    return ept_is_hidden(address) || address >> 20 == 0xFEE || address >> 32 != 0;
}

/* What is hidden comes in pieces of 64 KiB and more, a transfer's never are longer: its ends tell.
 */
static bool touches(uint64_t address, uint64_t bytes)
{
    return is_hidden(address) || is_hidden(address + bytes - 1);
}

/* NULL, or what is wrong with the table, and where. Each entry is read once. */
static const char *copy_table(struct channel *channel, uint64_t *where)
{
    for (uint32_t i = 0; i < ENTRIES_MAX; i++) {
        uint64_t entry;

        *where = (channel->table & ~3u) + i * sizeof entry;
        if (touches(*where, sizeof entry))
            return "its table lies in hidden memory";
        entry = channel->copy[i] = *(volatile uint64_t *)physical_pointer(*where);
        *where = (uint32_t)entry;
        if (touches(*where, ENTRY_BYTES(entry)))
            return "it leads to hidden memory";
        if (entry & ENTRY_LAST)
            return NULL;
    }
    return "its table is too long";
}

/* What is refused ends like a transfer that meets an error on the PCI bus: it is no longer active,
 * and the disk, which still waits, sends no interrupt. */
static void start(struct vcpu *vcpu, struct channel *channel, uint16_t port)
{
    uint64_t where;
    const char *why = copy_table(channel, &where);

    if (why == NULL) {
        out32(port + TABLE, (uint32_t)physical_address(channel->copy));
        vcpu->dma.started++;
        return;
    }
    channel->shown[COMMAND] = COMMAND_START;
    channel->shown[STATUS] = STATUS_ERROR;
    dma_refuse(vcpu, "a transfer of the IDE controller", why, where);
}

uint8_t bus_master_in(uint16_t port)
{
    struct channel *channel = &channels[port / 8 % 2];
    uint32_t number = port % 8;

    if (number >= TABLE)
        return (uint8_t)((channel->table & ~3u) >> 8 * (number - TABLE));
    return in8(port) | channel->shown[number];
}

void bus_master_out(struct vcpu *vcpu, uint16_t port, uint8_t value)
{
    struct channel *channel = &channels[port / 8 % 2];
    uint32_t number = port % 8;

    if (number >= TABLE) {
        ((uint8_t *)&channel->table)[number - TABLE] = value;
        return;
    }
    if (number == STATUS && (value & STATUS_ERROR))
        channel->shown[STATUS] = 0;
    if (number == COMMAND && !(value & COMMAND_START))
        channel->shown[COMMAND] = 0;
    else if (number == COMMAND && !(bus_master_in(port) & COMMAND_START))
        start(vcpu, channel, port); /* the bit counts where it was 0 */
    out8(port, number == COMMAND ? value & (uint8_t)~channel->shown[COMMAND] : value);
}
