/*
 * apic/access.c: an access to the APIC's page that has exited.
 */
#include "apic/apic.h"
#include "emulate/emulate.h"

/* A register fills the first 4 of 16 bytes; the others read as 0. */
static uint64_t read(struct vcpu *vcpu, uint32_t offset, uint32_t width)
{
    uint64_t bytes = offset % 16 < 4 ? apic_read(vcpu, offset & ~15u) : 0;

    (void)width;
    return bytes >> offset % 4 * 8;
}

static void write(struct vcpu *vcpu, uint32_t offset, uint64_t value)
{
    apic_write(vcpu, offset, (uint32_t)value);
}

/* SDM volume 3, "Local APIC Register Address Map" (3A 11.4.1): registers are written as a whole.
 * TPR alone may be written as a byte: operating systems do, and all processors take it. */
static const char *refuses(uint32_t offset, uint32_t width, bool is_write)
{
    if (width == 8)
        return "eight bytes at once";
    if (!is_write)
        return NULL;
    if (offset % 16 != 0)
        return "a write that does not begin at a register";
    if (width != 4 && offset != LAPIC_TPR)
        return "a write of less than 32 bits";
    return NULL;
}

enum exit_action apic_emulate(struct vcpu *vcpu, uint64_t physical, bool is_write)
{
    static const struct emulated_page registers = {
        .name = "its APIC's page", .read = read, .write = write, .refuses = refuses};
    static const struct emulated_page nothing = {.name = "an address where no APIC answers"};

    return emulate_access(vcpu, apic_answers(vcpu, physical) ? &registers : &nothing, physical,
                          is_write);
}
