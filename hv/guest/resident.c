/*
 * guest/resident.c: puts the resident in its place, and fills in what it has to know.
 */
#include "guest/resident.h"
#include "console/end.h"
#include "console/log.h"
#include "hypercall.h"
#include "lib/string.h"
#include "machine.h"
#include "model/partition.h"
#include "virt/guest.h"
#include "virt/virt.h"

#define KIB 1024u

extern const uint8_t resident_blob[]; /* guest/resident_blob.asm */

static struct resident_header *header(void)
{
    return physical_pointer(machine.resident_base);
}

/* Takes RESIDENT_SIZE from the end of base memory: the word at 40:13 is what INT 12h returns. */
static void take_base_memory(void)
{
    volatile uint16_t *base_kib = physical_pointer(BDA_BASE_MEMORY);

    *base_kib = (uint16_t)(*base_kib - RESIDENT_SIZE / KIB);
    machine.resident_base = *base_kib * KIB;
}

/* What the guest is told: the BIOS's map without the hidden block. */
static void write_map(void)
{
    struct e820_map map = machine.boot.e820;
    struct resident_header *resident = header();

    if (!e820_reserve(&map, machine.boot.hv_base, HV_BLOCK_SIZE) ||
        !e820_reserve(&map, machine.resident_base, RESIDENT_SIZE))
        end_refuse("the BIOS's memory map has %u entries, and hiding the hypervisor needs more "
                   "than %u",
                   machine.boot.e820.count, E820_MAX);
    resident->map_count = (uint16_t)map.count;
    memcpy((uint8_t *)resident + resident->map, map.entry, map.count * sizeof map.entry[0]);
    resident->extended_kib = e820_extended_kib(&map);
    e820_e801(&map, &resident->e801_kib, &resident->e801_blocks);
}

/* guest=active: the partition that the boot drive's own MBR would have booted. */
static void boot_active_partition(void)
{
    static const char *const problems[] = {
        [PARTITION_NO_SIGNATURE] = "its sector 0 does not end in 55 AA",
        [PARTITION_NONE_ACTIVE] = "no partition is marked active",
        [PARTITION_SEVERAL_ACTIVE] = "more than one partition is marked active",
        [PARTITION_EMPTY] = "the active partition is empty",
    };
    struct partition partition;
    enum partition_result result = partition_active(machine.boot.mbr, &partition);

    if (result != PARTITION_FOUND)
        end_refuse("no guest on BIOS drive 0x%02x: %s (or name a drive: guest=0x80)",
                   machine.boot.boot_drive, problems[result]);
    header()->boot_drive = machine.boot.boot_drive;
    header()->boot_lba = partition.first_lba;
    /* The MBR is still where it moved itself to, with its table, as boot sectors expect. */
    header()->boot_entry_address =
        (uint16_t)(MBR_ADDR + MBR_TABLE_OFFSET + partition.index * MBR_ENTRY_SIZE);
    log_info("guest: partition %u of drive 0x%02x, LBA %u", partition.index + 1,
             machine.boot.boot_drive, partition.first_lba);
}

static void choose_boot_sector(void)
{
    if (machine.options.guest == GUEST_ACTIVE_PARTITION) {
        boot_active_partition();
        return;
    }
    header()->boot_drive = (uint8_t)machine.options.guest;
    log_info("guest: drive 0x%02x, LBA 0", machine.options.guest);
}

static void hook_interrupts(void)
{
    uint32_t *vectors = physical_pointer(0), segment = machine.resident_base / 16 << 16;

    header()->old_int15 = vectors[0x15];
    vectors[0x15] = segment | header()->int15_entry;
    memcpy((uint8_t *)header() + header()->hypercall, virt->hypercall, sizeof virt->hypercall);
    vectors[0x19] = segment | header()->int19_entry;
}

void resident_install(void)
{
    const struct resident_header *blob = (const void *)resident_blob;

    take_base_memory();
    memcpy(header(), blob, blob->map); /* the map's place is where the code ends */
    write_map();
    choose_boot_sector();
    hook_interrupts();
    header()->status_line = machine.options.status_line != 0;
    log_info("resident: 0x%x-0x%x", machine.resident_base,
             machine.resident_base + RESIDENT_SIZE - 1);
}

void resident_start_guest(void)
{
    static bool started;

    header()->restarted = started;
    started = true;
    guest_real_mode((uint16_t)(machine.resident_base / 16), header()->boot_entry);
}

void resident_start_send_init(void)
{
    guest_go_to((uint16_t)(machine.resident_base / 16), machine.resident_base,
                header()->send_init_entry);
}

void resident_boot_failed(uint8_t why, uint8_t code)
{
    const struct resident_header *resident = header();

    if (why == BOOT_FAILED_READ)
        end_stop("cannot read the guest's boot sector, LBA %u of BIOS drive 0x%02x: BIOS error "
                 "%02x (is there such a drive? see the option guest=)",
                 resident->boot_lba, resident->boot_drive, code);
    end_stop("LBA %u of BIOS drive 0x%02x does not end in 55 AA: it is no boot sector",
             resident->boot_lba, resident->boot_drive);
}
