/*
 * virt/real_mode.c: a guest in real mode, as after power-up but for CS:IP. Source: SDM volume 3,
 * "Processor State Following Power-up, Reset, or INIT" (3A 10.1.1); APM volume 2, "Initial
 * Processor State" (14.1.3).
 */
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "quirks.h"
#include "virt/guest.h"
#include "virt/virt.h"

#define REAL_MODE_LIMIT 0xFFFF
#define AR_REAL_MODE    0x93 /* present, data, read/write, accessed: as after a reset */
#define AR_LDT          0x82 /* present LDT */
#define AR_BUSY_TSS32   0x8B /* present, busy 32-bit TSS: TR can't be unusable */
#define DR7_AT_RESET    0x400

static void write_segment(uint32_t segment, uint16_t selector, uint32_t rights)
{
    guest_write(guest_segment_field(GUEST_ES_SELECTOR, segment), selector);
    guest_write(guest_segment_field(GUEST_ES_BASE, segment), (uint64_t)selector << 4);
    guest_write(guest_segment_field(GUEST_ES_LIMIT, segment), REAL_MODE_LIMIT);
    guest_write(guest_segment_field(GUEST_ES_RIGHTS, segment), rights);
}

static void write_segments(uint16_t cs)
{
    enum { ES, CS, SS, DS, FS, GS, LDTR, TR };

    for (uint32_t segment = ES; segment <= GS; segment++)
        write_segment(segment, 0, AR_REAL_MODE);
    write_segment(CS, cs, quirk_real_mode_code_rights());
    write_segment(LDTR, 0, AR_LDT);
    write_segment(TR, 0, AR_BUSY_TSS32);
    guest_write(GUEST_GDTR_BASE, 0);
    guest_write(GUEST_GDTR_LIMIT, REAL_MODE_LIMIT);
    guest_write(GUEST_IDTR_BASE, 0); /* the interrupt vector table */
    guest_write(GUEST_IDTR_LIMIT, 0x3FF);
}

void guest_real_mode(uint16_t cs, uint16_t ip)
{
    static const enum guest_field zero[] = {
        GUEST_CR3,           GUEST_CR4,
        GUEST_EFER,          GUEST_RSP,
        GUEST_SYSENTER_CS,   GUEST_SYSENTER_ESP,
        GUEST_SYSENTER_EIP,  EVENT_INJECTED,
        GUEST_PENDING_DEBUG, GUEST_INTERRUPTIBILITY,
    };

    write_segments(cs);
    for (uint32_t i = 0; i < sizeof zero / sizeof zero[0]; i++)
        guest_write(zero[i], 0);
    guest_write(GUEST_CR0, CR0_ET);
    guest_write(GUEST_DR7, DR7_AT_RESET);
    guest_write(GUEST_PAT, rdmsr(MSR_IA32_PAT));
    guest_write(GUEST_RFLAGS, RFLAGS_FIXED);
    guest_write(GUEST_ACTIVITY, SLEEP_NOT);
    guest_jump(ip);
    virt->real_mode();
}
