/*
 * vmx/exit_facts.c: the exit qualification and its like, decoded.
 * Source: SDM volume 3, "Information for VM Exits Due to Vectored Events" (3C 25.9.2) and "Exit
 * Qualification" in "Basic VM-Exit Information" (28.2.1), whose table for each kind is named here.
 */
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

/* "Exit Qualification for I/O Instructions" (table 28-5). */
struct exit_io vmx_exit_io(void)
{
    uint64_t q = vmcs_read(VMCS_EXIT_QUALIFICATION);

    return (struct exit_io){
        .size = (uint8_t)((q & 7) + 1),
        .in = (q & 0x08) != 0,
        .string = (q & 0x10) != 0,
        .port = (uint16_t)(q >> 16),
    };
}

/* "Exit Qualification for EPT Violations" (table 28-7). */
struct exit_memory vmx_exit_memory(void)
{
    uint64_t q = vmcs_read(VMCS_EXIT_QUALIFICATION);

    return (struct exit_memory){
        .address = vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS),
        .write = (q & 0x2) != 0,
        .fetch = (q & 0x4) != 0,
    };
}

/* "Exit Qualification for APIC-Access VM Exits" (table 28-6). Of an APIC-write exit it is the
 * offset alone. */
struct exit_apic vmx_exit_apic(void)
{
    uint64_t q = vmcs_read(VMCS_EXIT_QUALIFICATION);
    uint32_t type = (uint32_t)q >> 12 & 15;

    return (struct exit_apic){
        .offset = q & 0xFFF,
        .kind = type <= APIC_FETCH ? (enum exit_apic_kind)type : APIC_EVENT_DELIVERY,
    };
}

/* "Exit Qualification for Debug Exceptions" (table 28-1); of a page fault it is the address. */
struct exit_event vmx_exit_event(void)
{
    uint32_t info = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

    return (struct exit_event){
        .known = (info & INTERRUPTION_VALID) != 0,
        .is_nmi = (info & INTERRUPTION_TYPE) == INTERRUPTION_TYPE_NMI,
        .vector = (uint8_t)(info & INTERRUPTION_VECTOR),
        .detail = vmcs_read(VMCS_EXIT_QUALIFICATION),
    };
}

/* "Exit Qualification for Control-Register Accesses" (table 28-3). */
struct exit_cr vmx_exit_cr(void)
{
    uint64_t q = vmcs_read(VMCS_EXIT_QUALIFICATION);
    uint32_t type = (uint32_t)q >> 4 & 3;

    return (struct exit_cr){
        .cr = q & 15,
        .is_mov = type <= 1,
        .from_cr = type == 1,
        .gpr = (uint32_t)q >> 8 & 15,
    };
}

/* "Exit Qualification for Task Switches" (table 28-2). */
struct exit_task vmx_exit_task(void)
{
    uint64_t q = vmcs_read(VMCS_EXIT_QUALIFICATION);

    return (struct exit_task){
        .selector = (uint16_t)q,
        .source = (enum exit_task_source)(q >> 30 & 3),
    };
}
