/*
 * guest/restart.c: the guest begins again, with the memory and the devices that a BIOS leaves.
 */
#include "guest/restart.h"
#include "apic/apic.h"
#include "apic/inbox.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "guest/resident.h"
#include "lib/string.h"
#include "machine.h"
#include "virt/guest.h"
#include "virt/nmi.h"
#include "virt/virt.h"

#define RESTARTS_AT_MOST 25 /* from one and the same place: that guest is going nowhere */

static uint8_t low_memory[BDA_END]; /* interrupt vectors and BIOS data area */
static uint8_t resident[RESIDENT_SIZE];
static uint8_t pic1_mask, pic2_mask;
static uint64_t last_place;
static uint32_t restarts_there;
static bool output_byte_next; /* the keyboard controller's last command was D1h */

void guest_restart_prepare(void)
{
    memcpy(low_memory, physical_pointer(0), sizeof low_memory);
    memcpy(resident, physical_pointer(machine.resident_base), sizeof resident);
    pic1_mask = in8(PORT_PIC1_DATA);
    pic2_mask = in8(PORT_PIC2_DATA);
}

/* As a PC's BIOS leaves them: vectors 08h-0Fh and 70h-77h, the timer at 18.2 Hz, A20 open. */
static void restore_devices(void)
{
    out8(PORT_PIC1_COMMAND, 0x11); /* ICW1: edge triggered, cascade, ICW4 follows */
    out8(PORT_PIC1_DATA, 0x08);
    out8(PORT_PIC1_DATA, 0x04); /* the second controller is on input 2 */
    out8(PORT_PIC1_DATA, 0x01); /* 8086 mode */
    out8(PORT_PIC2_COMMAND, 0x11);
    out8(PORT_PIC2_DATA, 0x70);
    out8(PORT_PIC2_DATA, 0x02);
    out8(PORT_PIC2_DATA, 0x01);
    out8(PORT_PIC1_DATA, pic1_mask);
    out8(PORT_PIC2_DATA, pic2_mask);
    out8(PORT_PIT_COMMAND, 0x36); /* counter 0, both bytes, square wave */
    out8(PORT_PIT_DATA, 0);
    out8(PORT_PIT_DATA, 0);
    open_a20();
}

/* reset=machine: what the guest wanted, done in order. Port CF9h first: it resets all of a PC. */
static _Noreturn void reset_machine(const struct vcpu *vcpu)
{
    log_flush();
    virt->off(vcpu);
    out8(PORT_RESET_CONTROL, RESET_CONTROL_SYSTEM);
    out8(PORT_RESET_CONTROL, RESET_CONTROL_SYSTEM | RESET_CONTROL_CPU);
    out8(PORT_KBD_COMMAND, KBD_RESET);
    halt_for_ever();
}

static void check_not_stuck(const char *why)
{
    uint64_t place = guest_read(GUEST_CS_BASE) + guest_read(GUEST_RIP);

    restarts_there = place == last_place ? restarts_there + 1 : 1;
    last_place = place;
    if (restarts_there > RESTARTS_AT_MOST)
        end_stop("the guest reset itself %u times in a row at %lx (%s)", restarts_there, place,
                 why);
}

enum exit_action guest_restart(struct vcpu *vcpu, const char *why)
{
    uint64_t cs = guest_read(GUEST_CS_SELECTOR), rip = guest_read(GUEST_RIP);

    if (machine.options.reset == RESET_STOP)
        end_stop("the guest reset the machine at %lx:%lx (%s); reset=guest would restart it", cs,
                 rip, why);
    log_info("guest reset: %s, at %lx:%lx; %s", why, cs, rip,
             machine.options.reset == RESET_MACHINE ? "resetting the machine"
                                                    : "restarting at its boot sector");
    if (machine.options.reset == RESET_MACHINE)
        reset_machine(vcpu);
    check_not_stuck(why);
    for (uint32_t i = 1; i < machine.cpus; i++)
        inbox_post(vcpu, &vcpus[i], NOTE_INIT);
    if (vcpu->id == 0)
        guest_restart_here(vcpu);
    else
        inbox_post(vcpu, &vcpus[0], NOTE_RESTART);
    return EXIT_RESUME;
}

void guest_expect_output_byte(struct vcpu *vcpu, bool expected)
{
    output_byte_next = expected;
    virt->trap_port(vcpu, PORT_KBD_DATA, expected);
}

/* If the keyboard controller waits for the byte that follows D1h, it gets one now: the restarted
 * guest's first byte must not reset the machine. */
static void settle_keyboard(struct vcpu *vcpu)
{
    if (!output_byte_next)
        return;
    out8(PORT_KBD_DATA, KBD_OUTPUT_CALM);
    guest_expect_output_byte(vcpu, false);
}

void guest_restart_here(struct vcpu *vcpu)
{
    nmi_forget(vcpu);
    memcpy(physical_pointer(0), low_memory, sizeof low_memory);
    memcpy(physical_pointer(machine.resident_base), resident, sizeof resident);
    settle_keyboard(vcpu);
    apic_restart(vcpu);
    restore_devices();
    memset(vcpu->gpr, 0, sizeof vcpu->gpr);
    vcpu->countdown = 1;
    vcpu->exits_at_start = vcpu_exits_total(vcpu);
    resident_start_guest();
}
