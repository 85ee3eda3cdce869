/*
 * init/state.c: a processor after INIT.
 * Source: SDM volume 3, "IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT"
 * (3A 10.1.1, table 10-1), its column INIT, line by line.
 */
#include "cpu/cpu.h"
#include "init/init.h"
#include "lib/string.h"
#include "virt/guest.h"
#include "virt/virt.h"

#define RESET_CS        0xF000
#define RESET_CS_BASE   0xFFFF0000u
#define RESET_IP        0xFFF0
#define RESET_IDT_LIMIT 0xFFFF /* as of GDTR; the BIOS makes it 3FFH */
#define DR6_AFTER_RESET 0xFFFF0FF0u

static void clear_debug_registers(void)
{
    __asm__ volatile("mov %0, %%dr0\n\t"
                     "mov %0, %%dr1\n\t"
                     "mov %0, %%dr2\n\t"
                     "mov %0, %%dr3"
                     :
                     : "r"(0ull));
    guest_set_dr6(~0ull, DR6_AFTER_RESET);
}

/* The table's column INIT, line by line, into the vCPU of this processor. What INIT keeps
 * must not change. virt/guest.h, virt/virt.h and cpu/cpu.h have most of what it takes. */
void init_write_state(struct vcpu *vcpu)
{
    /* "All other MSRs: unchanged". guest_real_mode() is for power-up. */
    static const enum guest_field kept[] = {
        GUEST_PAT,
        GUEST_SYSENTER_CS,
        GUEST_SYSENTER_ESP,
        GUEST_SYSENTER_EIP,
    };
    uint64_t cache = guest_read(GUEST_CR0) & (CR0_CD | CR0_NW);
    uint64_t before[sizeof kept / sizeof kept[0]];

    for (uint32_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        before[i] = guest_read(kept[i]);
    /* EFLAGS 2H; CR3, CR4 0; SS to GS 0, limit FFFFH; GDTR, IDTR, LDTR, TR; DR7 400H */
    guest_real_mode(0, 0);
    /* CS: selector F000H, base FFFF0000H; EIP FFF0H */
    guest_go_to(RESET_CS, RESET_CS_BASE, RESET_IP);
    guest_write(GUEST_IDTR_LIMIT, RESET_IDT_LIMIT);
    guest_set(GUEST_CR0, cache);                    /* CR0 10H, with "CD and NW unchanged" */
    memset(vcpu->gpr, 0, sizeof vcpu->gpr);         /* EAX to EDI, R8 to R15: 0 */
    vcpu->gpr[REG_RDX] = (uint32_t)cpuid(1, 0).eax; /* EDX: the processor's signature */
    guest_set_cr2(0);                               /* CR2: 0 */
    clear_debug_registers();                        /* DR0 to DR3: 0; DR6: FFFF0FF0H */
    for (uint32_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        guest_write(kept[i], before[i]);
    /* Unchanged: x87, XMM, XCR0, the time stamp counter, MTRRs, caches: all the processor's. */
}
