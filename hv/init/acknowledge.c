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
#include "console/end.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "host/tables.h"
#include "init/init.h"
#include "lib/string.h"
#include "machine.h"
#include "virt/guest.h"
#include "virt/virt.h"

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
    tables_load(vcpu->id);
    virt->on(vcpu);
    inbox_catch_up(vcpu); /* the NMI that tells of it may have got lost */
    out8(PORT_SYSTEM_A, system_a);
    log_info("cpu %u: the INIT is acknowledged; the guest goes on at %lx:%lx", vcpu->id,
             guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP));
    virt->run(vcpu);
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
    virt->off(vcpu); /* and here it comes */
    if (machine.options.bug == BUG_STICKY_INIT)
        /* The staged one was cleared at its exit. */
        physical_apic_send(vcpu->apic_id, LAPIC_ICR_INIT);
    for (uint32_t i = 0; i < PATIENCE; i++)
        in8(PORT_DELAY);
    end_stop("the INIT is neither gone nor does it come, out of VMX operation");
}
