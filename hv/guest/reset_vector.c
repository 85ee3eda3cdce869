/*
 * guest/reset_vector.c: a guest that jumps to where a processor begins.
 *
 * DOS does so for Ctrl-Alt-Del. The BIOS would test the machine, inside the guest, and boot the
 * first disk, which is hv16's own. A jump does not exit. So the guest gets a copy of the BIOS's
 * last page, in which the instruction at the reset vector is VMCALL, and which can be executed and
 * read.
 */
#include "guest/reset_vector.h"
#include "cpu/cpu.h"
#include "emulate/emulate.h"
#include "guest/restart.h"
#include "lib/string.h"
#include "machine.h"
#include "mem/ept.h"
#include "mem/pages.h"
#include "virt/guest.h"
#include "virt/virt.h"

#define RESET_VECTOR 0xFFFF0u
#define BIOS_PAGE    0xFF000u
#define JMP_FAR      0xEA /* offset and segment follow */

void reset_vector_watch(void)
{
    uint8_t *copy = pages_alloc(1);

    memcpy(copy, physical_pointer(BIOS_PAGE), PAGE_SIZE);
    memcpy(copy + RESET_VECTOR - BIOS_PAGE, virt->hypercall, sizeof virt->hypercall);
    ept_replace_page(EPT_SLOT_BIOS, BIOS_PAGE, physical_address(copy), EPT_READ_EXECUTE);
}

bool reset_vector_reached(void)
{
    return guest_read(GUEST_CS_BASE) + guest_read(GUEST_RIP) == RESET_VECTOR &&
           (guest_read(GUEST_CR0) & CR0_PE) == 0;
}

bool reset_vector_owns(uint64_t address)
{
    return address - BIOS_PAGE < PAGE_SIZE;
}

static uint64_t read_rom(struct vcpu *vcpu, uint32_t offset, uint32_t width)
{
    uint64_t value = 0;

    (void)vcpu;
    memcpy(&value, ept_memory(BIOS_PAGE + offset, false), width);
    return value;
}

enum exit_action reset_vector_written(struct vcpu *vcpu, uint64_t address)
{
    static const struct emulated_page rom = {.name = "the BIOS's last page, a ROM,",
                                             .read = read_rom};

    return emulate_access(vcpu, &rom, address, true);
}

bool bios_goes_on(void)
{
    uint8_t shutdown = cmos_read(CMOS_SHUTDOWN);

    return shutdown == SHUTDOWN_JUMP_INIT || shutdown == SHUTDOWN_JUMP;
}

enum exit_action reset_vector_exit(struct vcpu *vcpu)
{
    const uint8_t *first = physical_pointer(RESET_VECTOR); /* what the VMCALL hides */
    uint16_t offset, segment;

    if (!bios_goes_on() || first[0] != JMP_FAR)
        return guest_restart(vcpu, "jump to the reset vector");
    memcpy(&offset, first + 1, sizeof offset);
    memcpy(&segment, first + 3, sizeof segment);
    guest_go_to(segment, (uint32_t)segment << 4, offset);
    return EXIT_RESUME;
}
