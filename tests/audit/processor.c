/*
 * processor.c: what the processor says to a VMCS.
 */
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "vmx/audit.h"
#include "vmx/vmcs.h"

int audit_enter(bool launched); /* enter.asm */

struct pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static bool launched; /* VMRESUME enters then, and VMLAUNCH before */
static struct {
    uint64_t cr0, cr4, efer;
    struct pointer gdt, idt;
} host;

void processor_open(void)
{
    host.cr0 = read_cr0();
    host.cr4 = read_cr4();
    host.efer = rdmsr(MSR_IA32_EFER);
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(host.gdt), "=m"(host.idt));
}

static void restore(void)
{
    write_cr0(host.cr0);
    write_cr4(host.cr4);
    wrmsr(MSR_IA32_EFER, host.efer);
    __asm__ volatile("lgdt %0; lidt %1" : : "m"(host.gdt), "m"(host.idt));
}

uint32_t processor_ask(void)
{
    int failed = audit_enter(launched);
    uint64_t reason;

    restore();
    if (failed != 0)
        return failed == 1 ? UINT32_MAX : (uint32_t)vmcs_read(VMCS_VM_INSTRUCTION_ERROR);
    reason = vmcs_read(VMCS_EXIT_REASON);
    if (reason & EXIT_REASON_ENTRY_FAILURE)
        return reason & 0xFFFF;
    launched = true;
    return 0;
}
