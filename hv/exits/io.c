/*
 * exits/io.c: IN and OUT, exit reason 30, of the ports that can reset the machine.
 *
 * A reset would take the processor out of VMX and leave the BIOS with a hypervisor that is no
 * more. Everything else these ports do, A20 and the keyboard and PCI, is passed through.
 * Source: SDM volume 3, "Exit Qualification for I/O Instructions" (3C 28.2.1, table 28-5).
 */
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "guest/restart.h"
#include "layout.h"
#include "machine.h"
#include "vmx/vmcs.h"

#define QUAL_SIZE(q) ((7 & (uint32_t)(q)) + 1) /* 1, 2 or 4 bytes */
#define QUAL_IN      0x08u
#define QUAL_STRING  0x10u
#define QUAL_PORT(q) ((uint16_t)((q) >> 16))

#define KBD_PULSE        0xF0 /* commands F0h-FFh pull output port lines low ... */
#define KBD_PULSE_RESET  0x01 /* ... where this bit is 0; line 0 is the processor's reset */
#define KBD_WRITE_OUTPUT 0xD1 /* the next byte to port 60h goes to the output port */
#define KBD_OUTPUT_CALM  0xDF /* for the output port: no reset, A20 open, nothing else changes */
#define RESET_CPU        0x04 /* of port CF9h: 0 -> 1 resets */

static uint32_t port_in(uint16_t port, uint32_t size)
{
    return size == 1 ? in8(port) : size == 2 ? in16(port) : in32(port);
}

static void port_out(uint16_t port, uint32_t size, uint32_t value)
{
    if (size == 1)
        out8(port, (uint8_t)value);
    else if (size == 2)
        out16(port, (uint16_t)value);
    else
        out32(port, value);
}

/* Port 60h exits only between the command D1h and the byte that follows it. */
static void trap_keyboard_data(struct vcpu *vcpu, bool on)
{
    uint8_t bit = 1u << PORT_KBD_DATA % 8;

    vcpu->keyboard_d1 = on;
    if (on)
        vcpu->io_bitmap[PORT_KBD_DATA / 8] |= bit;
    else
        vcpu->io_bitmap[PORT_KBD_DATA / 8] &= (uint8_t)~bit;
}

void io_settle_keyboard(struct vcpu *vcpu)
{
    if (!vcpu->keyboard_d1)
        return;
    out8(PORT_KBD_DATA, KBD_OUTPUT_CALM);
    trap_keyboard_data(vcpu, false);
}

/* What resets the machine, in words; NULL if `value` is harmless. The access is `size` bytes from
 * `port` on and may cover a port that matters without beginning at it, as PCI's CF8h covers CF9h.
 */
static const char *reset_by(struct vcpu *vcpu, uint16_t port, uint32_t size, uint32_t value)
{
    if (port <= PORT_KBD_DATA && port + size > PORT_KBD_DATA && vcpu->keyboard_d1) {
        if ((value >> 8 * (PORT_KBD_DATA - port) & KBD_PULSE_RESET) == 0)
            return "keyboard controller output port"; /* guest_restart() sends another byte */
        trap_keyboard_data(vcpu, false);
    }
    if (port <= PORT_KBD_COMMAND && port + size > PORT_KBD_COMMAND) {
        uint8_t command = (uint8_t)(value >> 8 * (PORT_KBD_COMMAND - port));

        trap_keyboard_data(vcpu, command == KBD_WRITE_OUTPUT);
        if (command >= KBD_PULSE && (command & KBD_PULSE_RESET) == 0)
            return "keyboard controller command";
    }
    if (port <= PORT_SYSTEM_A && port + size > PORT_SYSTEM_A &&
        (value >> 8 * (PORT_SYSTEM_A - port) & SYSTEM_A_RESET))
        return "port 92h";
    /* A dword at CF8h is a PCI address, not a write to CF9h. */
    if (port <= PORT_RESET_CONTROL && port + size > PORT_RESET_CONTROL && size != 4 &&
        (value >> 8 * (PORT_RESET_CONTROL - port) & RESET_CPU))
        return "port CF9h";
    return NULL;
}

enum exit_action exit_io(struct vcpu *vcpu)
{
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
    uint16_t port = QUAL_PORT(qualification);
    uint32_t size = QUAL_SIZE(qualification);
    uint64_t mask = size == 4 ? 0xFFFFFFFF : (1ull << 8 * size) - 1;
    uint64_t *rax = &vcpu->gpr[REG_RAX];
    const char *reset;

    if (qualification & QUAL_STRING)
        machine_stop("the guest uses INS or OUTS on port %x at %lx:%lx: hv16 emulates IN and OUT "
                     "there, as everybody uses",
                     port, vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP));
    if (qualification & QUAL_IN) {
        uint64_t value = port_in(port, size);

        *rax = size == 4 ? value : (*rax & ~mask) | value; /* a 32-bit result clears bits 63:32 */
        return EXIT_SKIP;
    }
    reset = reset_by(vcpu, port, size, (uint32_t)*rax);
    if (reset != NULL)
        return guest_restart(vcpu, reset);
    port_out(port, size, (uint32_t)*rax);
    return EXIT_SKIP;
}
