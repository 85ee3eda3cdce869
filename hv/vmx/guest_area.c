/*
 * vmx/guest_area.c: the guest-state area of a guest in real mode, and the parts of it that are no
 * registers.
 * Source: SDM volume 3, "Guest-State Area" (3C 25.4); the values of a PC's real mode are those of
 * "Processor State Following Power-up, Reset, or INIT" (3A 10.1.1), with CS:IP to choose.
 */
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "quirks.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"

#define REAL_MODE_LIMIT 0xFFFF
#define AR_REAL_MODE    0x93 /* present, data, read/write, accessed: as after a reset */
#define AR_LDT          0x82 /* present LDT */
#define AR_BUSY_TSS32   0x8B /* present, busy 32-bit TSS: TR can't be unusable */
#define DR7_AT_RESET    0x400

/* The fields of one segment register follow each other in the same order everywhere. */
#define SEGMENT_STEP (VMCS_GUEST_CS_SELECTOR - VMCS_GUEST_ES_SELECTOR)

static void write_segment(uint32_t index, uint16_t selector, uint32_t access_rights)
{
    uint32_t offset = index * SEGMENT_STEP;

    vmcs_write(VMCS_GUEST_ES_SELECTOR + offset, selector);
    vmcs_write(VMCS_GUEST_ES_BASE + offset, (uint64_t)selector << 4);
    vmcs_write(VMCS_GUEST_ES_LIMIT + offset, REAL_MODE_LIMIT);
    vmcs_write(VMCS_GUEST_ES_ACCESS_RIGHTS + offset, access_rights);
}

static void write_segments(uint16_t cs)
{
    enum { ES, CS, SS, DS, FS, GS, LDTR, TR };

    write_segment(ES, 0, AR_REAL_MODE);
    write_segment(CS, cs, quirk_real_mode_code_rights());
    write_segment(SS, 0, AR_REAL_MODE);
    write_segment(DS, 0, AR_REAL_MODE);
    write_segment(FS, 0, AR_REAL_MODE);
    write_segment(GS, 0, AR_REAL_MODE);
    write_segment(LDTR, 0, AR_LDT);
    write_segment(TR, 0, AR_BUSY_TSS32);
    vmcs_write(VMCS_GUEST_GDTR_BASE, 0);
    vmcs_write(VMCS_GUEST_GDTR_LIMIT, REAL_MODE_LIMIT);
    vmcs_write(VMCS_GUEST_IDTR_BASE, 0); /* the interrupt vector table */
    vmcs_write(VMCS_GUEST_IDTR_LIMIT, 0x3FF);
}

/* The PDPTEs are left out: an entry loads them with PAE paging only. SDM volume 3, "Loading
 * Page-Directory-Pointer-Table Entries" (3C 27.3.2.4). */
static void write_system_registers(void)
{
    vmcs_write(VMCS_GUEST_CR0, CR0_ET | CR0_NE);
    vmcs_write(VMCS_GUEST_CR3, 0);
    vmcs_write(VMCS_GUEST_CR4, CR4_VMXE);
    vmcs_write(VMCS_GUEST_DR7, DR7_AT_RESET);
    vmcs_write(VMCS_GUEST_EFER, 0);
    vmcs_write(VMCS_GUEST_PAT, rdmsr(MSR_IA32_PAT));
    vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
    vmcs_write(VMCS_GUEST_SYSENTER_CS, 0);
    vmcs_write(VMCS_GUEST_SYSENTER_ESP, 0);
    vmcs_write(VMCS_GUEST_SYSENTER_EIP, 0);
}

void vmx_real_mode(uint16_t cs, uint16_t ip)
{
    write_segments(cs);
    write_system_registers();
    vmcs_write(VMCS_CR0_READ_SHADOW, CR0_ET); /* NE and VMXE are 0: vmx/controls.c */
    vmcs_write(VMCS_CR4_READ_SHADOW, 0);
    vmcs_switch_bits(VMCS_ENTRY_CONTROLS, ENTRYCTL_IA32E_MODE_GUEST, false);
    vmcs_write(VMCS_VM_ENTRY_INTERRUPTION_INFO, 0);
    vmcs_write(VMCS_GUEST_RIP, ip);
    vmcs_write(VMCS_GUEST_RSP, 0);
    vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
    vmcs_write(VMCS_GUEST_ACTIVITY_STATE, ACTIVITY_ACTIVE);
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
    vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
    vmcs_write(VMCS_LINK_POINTER, VMCS_LINK_POINTER_NONE);
}
