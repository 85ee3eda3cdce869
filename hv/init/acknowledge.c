/*
 * init/acknowledge.c: an INIT that stays pending in VMX operation has to be taken for real.
 *
 * INITs are blocked in VMX root operation, and VMXOFF unblocks them: SDM volume 2, "VMXOFF". So the
 * processor leaves VMX operation, is reset, and begins in the BIOS, as after any INIT. The BIOS has
 * been told to go on at the address at 40:67, where the trampoline of the other processors
 * (init/trampoline.asm) leads back to long mode. VMX operation begins anew with the old VMCS, and
 * the guest is where its INIT has put it. It notices none of this.
 */
#include "apic/physical.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "init/start.h"
#include "host/tables.h"
#include "exits/exits.h"
#include "init/init.h"
#include "lib/string.h"
#include "machine.h"
#include "vmx/vmcs.h"

#define PATIENCE 100000

/* The guest's, meanwhile. */
static uint8_t low_memory[TRAMPOLINE_MAX];
static uint32_t jump_address;
static uint8_t shutdown, system_a;

static volatile uint32_t *bios_jump(void)
{
    return physical_pointer(BDA_WARM_START);
}

/* Where the trampoline arrives, in long mode again. */
static _Noreturn void come_back(struct vcpu *vcpu)
{
    memcpy(physical_pointer(TRAMPOLINE_ADDR), low_memory, sizeof low_memory);
    *bios_jump() = jump_address;
    cmos_write(CMOS_SHUTDOWN, shutdown);
    tables_activate(vcpu->id);
    vmx_on(vcpu);
    out8(PORT_SYSTEM_A, system_a);
    vmcs_make_current(vcpu);
    log_info("cpu %u: the INIT is acknowledged; the guest goes on at %lx:%lx", vcpu->id,
             vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP));
    exit_loop(vcpu);
}

_Noreturn void init_acknowledge(struct vcpu *vcpu)
{
    memcpy(low_memory, physical_pointer(TRAMPOLINE_ADDR), sizeof low_memory);
    jump_address = *bios_jump();
    shutdown = cmos_read(CMOS_SHUTDOWN);
    cpus_place_trampoline(vcpu, come_back);
    *bios_jump() = TRAMPOLINE_ADDR >> 4 << 16;
    cmos_write(CMOS_SHUTDOWN, SHUTDOWN_JUMP);
    /* INIT leaves the A20 gate as it is, and VMXON wants it open. */
    system_a = in8(PORT_SYSTEM_A) & (uint8_t)~SYSTEM_A_RESET;
    open_a20();
    vmcs_put_away(vcpu);
    __asm__ volatile("vmxoff" : : : "cc", "memory"); /* and here it comes */
    if (machine.options.bug == BUG_STICKY_INIT)
        physical_apic_send(vcpu->apic_id, IPI_INIT); /* the staged one was cleared at its exit */
    for (uint32_t i = 0; i < PATIENCE; i++)
        in8(PORT_DELAY);
    machine_stop("the INIT is neither gone nor does it come, out of VMX operation");
}
