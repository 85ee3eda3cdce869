/*
 * apic/access.c: an access to the APIC's page that has exited.
 */
#include "apic/apic.h"
#include "emulate/emulate.h"

/* SDM volume 3, "Local APIC Register Address Map" (3A 11.4.1): registers are written as a whole.
 * TPR alone may be written as a byte: operating systems do, and all processors take it. */
static const char *refuses_write(uint32_t offset, uint32_t width)
{
    if (offset % 16 != 0)
        return "a write that does not begin at a register";
    if (width != 4 && offset != LAPIC_TPR)
        return "a write of less than 32 bits";
    return NULL;
}

enum exit_action apic_emulate(struct vcpu *vcpu, uint64_t physical, bool is_write)
{
    static const struct emulated_page registers = {
        .read = apic_read,
        .write = apic_write,
        .refuses_write = refuses_write,
    };

    return emulate_access(vcpu, apic_answers(vcpu, physical) ? &registers : NULL,
                          physical & (PAGE_SIZE - 1), is_write);
}
