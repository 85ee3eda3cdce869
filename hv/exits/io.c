/*
 * exits/io.c: IN and OUT, INS and OUTS, exit reason 30, of the ports that can reset the machine,
 * and of those that dma/ watches.
 *
 * A reset would take the processor out of VMX and leave the BIOS with a hypervisor that is no
 * more. Everything else these ports do, A20 and the keyboard and PCI, is passed through.
 * Source: SDM volume 3, "Instructions That Cause VM Exits Conditionally" (3C 26.1.3).
 */
#include "cpu/cpu.h"
#include "dma/dma.h"
#include "emulate/emulate.h"
#include "exits/exits.h"
#include "guest/restart.h"
#include "virt/guest.h"
#include "virt/virt.h"
#include <stddef.h>

#define KBD_PULSE       0xF0 /* commands F0h-FFh pull output port lines low ... */
#define KBD_PULSE_RESET 0x01 /* ... where this bit is 0; line 0 is the processor's reset */

/* What resets the machine, in words, when `byte` goes to `port` in an access of `size` bytes; NULL
 * if it is harmless. */
static const char *reset_by(struct vcpu *vcpu, uint32_t port, uint8_t byte, uint32_t size)
{
    switch (port) {
    case PORT_KBD_DATA: /* it exits only after D1h */
        if ((byte & KBD_PULSE_RESET) == 0)
            return "keyboard controller output port"; /* guest_restart() sends another byte */
        guest_expect_output_byte(vcpu, false);
        return NULL;
    case PORT_KBD_COMMAND:
        guest_expect_output_byte(vcpu, byte == KBD_WRITE_OUTPUT);
        return byte >= KBD_PULSE && !(byte & KBD_PULSE_RESET) ? "keyboard controller command"
                                                              : NULL;
    case PORT_SYSTEM_A:
        return byte & SYSTEM_A_RESET ? "port 92h" : NULL;
    case PORT_RESET_CONTROL: /* a dword at CF8h is a PCI address, not a write to CF9h */
        return size != 4 && (byte & RESET_CONTROL_CPU) ? "port CF9h" : NULL;
    default:
        return NULL;
    }
}

static enum exit_action transfer(struct vcpu *vcpu, const struct exit_io *io, uint64_t *value)
{
    if (io->in) {
        *value = dma_in(io->port, io->size);
        return EXIT_SKIP;
    }
    /* The access may cover a port that matters without beginning at it. */
    for (uint32_t i = 0; i < io->size; i++) {
        const char *reset = reset_by(vcpu, io->port + i, (uint8_t)(*value >> 8 * i), io->size);

        if (reset != NULL)
            return guest_restart(vcpu, reset);
    }
    dma_out(vcpu, io->port, io->size, (uint32_t)*value);
    return EXIT_SKIP;
}

enum exit_action exit_io(struct vcpu *vcpu)
{
    struct exit_io io = virt->exit_io();
    uint64_t mask = (1ull << 8 * io.size) - 1;
    uint64_t *rax = &vcpu->gpr[REG_RAX], value = *rax;
    enum exit_action action;

    if (io.string)
        return emulate_string_io(vcpu, &io, transfer);
    action = transfer(vcpu, &io, &value);
    if (io.in)
        *rax = io.size == 4 ? value : (*rax & ~mask) | value; /* 32 bits clear bits 63:32 */
    return action;
}
