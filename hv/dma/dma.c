/*
 * dma/dma.c: which ports exit because of DMA, and whose they are.
 *
 * The IDE controller's bus master is where PCI configuration space says, and the guest may move it:
 * PCI Local Bus Specification 2.1, "Configuration Mechanism #1" (3.7.4.1), "Base Addresses"
 * (6.2.5.1).
 *
 * ISA DMA has addresses of 24 bits. Bits 23:16 are in a page register for each channel, and nothing
 * but an OUT changes these: it is the page that says whether a transfer can reach the hidden block.
 * Intel 82371SB (PIIX3) datasheet, "DMA Controller", "DMA Memory Low Page Registers".
 */
#include "dma/dma.h"
#include "apic/apic.h"
#include "apic/inbox.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "machine.h"
#include "mem/ept.h"
#include "virt/virt.h"

#define PLACE_OF(port) ((uint16_t)((port) & ~(BUS_MASTER_PORTS - 1u)))
#define SIZING         0xFFF0 /* where BAR4 leads while the guest finds out its size */
#define LOW_PORTS      0x400  /* below this no PCI device belongs, and some are the hypervisor's */
#define ISA_REACH      0x1000000
#define PIIX3_USB      0x70208086u /* vendor 8086H, device 7020H */
#define UHCI_RUN       0x0001      /* in its command register, the first one */
#define PAGE_PORTS     0x80
#define PAGES_USED     0x8E8Eu /* the others are no channel's */
#define PAGE_ROM       0x0F /* instead of a page that is refused: the BIOS, which nothing changes */

static bool busy;               /* a transfer is looked at and started in one go */
static uint32_t usb;            /* what is hidden, in configuration space; 0: nothing */
static uint32_t bar4;           /* its place in configuration space; 0: there is no controller */
static uint16_t place, to_come; /* of the bus master, and where it exits: different during a move */

static uint32_t config_read(uint32_t address)
{
    out32(PORT_PCI_ADDRESS, address);
    return in32(PORT_PCI_DATA);
}

/* What a USB controller does is in lists that the guest changes all the time, and each of its
 * transfers writes a word of status to them: nobody could look at that in time. Unless the firmware
 * has it running, for a keyboard maybe, it is taken from the bus: it has no ports any more, and
 * pci_is_hidden() keeps it so. */
static void take_away(uint32_t function)
{
    uint16_t ports = PLACE_OF(config_read(function + PCI_BAR4));

    if (ports != 0 && (in16(ports) & UHCI_RUN))
        return;
    usb = function;
    config_read(function + PCI_COMMAND);
    out32(PORT_PCI_DATA, 0);
    config_read(function + PCI_BAR4);
    out32(PORT_PCI_DATA, 0);
}

void dma_find(void)
{
    uint32_t before = in32(PORT_PCI_ADDRESS); /* the guest finds it as the firmware has left it */

    for (uint32_t at = PCI_ENABLE; at < PCI_ENABLE + PCI_BUS; at += PCI_FUNCTION) {
        if (config_read(at) == PIIX3_USB)
            take_away(at);
        if (config_read(at + PCI_CLASS) >> 16 == PCI_CLASS_IDE && bar4 == 0)
            bar4 = at + PCI_BAR4;
    }
    place = bar4 != 0 ? PLACE_OF(config_read(bar4)) : 0;
    out32(PORT_PCI_ADDRESS, before);
    to_come = place = place != 0 ? place : SIZING; /* 0: the firmware has not given it any */
}

static void trap_ports(struct vcpu *vcpu, uint16_t first)
{
    for (uint16_t i = 0; i < BUS_MASTER_PORTS; i++)
        virt->trap_port(vcpu, first + i, true);
}

void dma_follow(struct vcpu *vcpu)
{
    uint16_t next;

    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* vcpu_is_deaf() shows what this vCPU has just left */
    next = __atomic_load_n(&to_come, __ATOMIC_SEQ_CST);
    if (vcpu->dma.watched != next)
        trap_ports(vcpu, next);
    __atomic_store_n(&vcpu->dma.watched, next, __ATOMIC_SEQ_CST);
}

void dma_watch(struct vcpu *vcpu)
{
    if (bar4 != 0) {
        trap_ports(vcpu, SIZING);
        dma_follow(vcpu);
    }
    if (bar4 != 0 || usb != 0)
        trap_ports(vcpu, PLACE_OF(PORT_PCI_ADDRESS));
    for (uint16_t i = 0; i < 16 && machine.boot.hv_base < ISA_REACH; i++)
        virt->trap_port(vcpu, PAGE_PORTS + i, PAGES_USED >> i & 1);
}

void dma_refuse(struct vcpu *vcpu, const char *what, const char *why, uint64_t where)
{
    vcpu->dma.refused++;
    if (log_is_due(vcpu->dma.refused))
        log_warn("dma: %s refused: %s, at %lx (%lu refused so far)", what, why, where,
                 vcpu->dma.refused);
}

/* All vCPUs exit at the new place before the bus master is there. Each changes its own bitmap, as
 * none may be changed under a guest that runs: SDM volume 3, "Software Access to Related
 * Structures" (3C 25.11.4). */
static void announce(struct vcpu *vcpu, uint16_t next)
{
    __atomic_store_n(&to_come, next, __ATOMIC_SEQ_CST);
    dma_follow(vcpu);
    for (uint32_t i = 0; i < machine.cpus; i++) {
        inbox_post(vcpu, &vcpus[i], NOTE_CHANGED);
        while (__atomic_load_n(&vcpus[i].dma.watched, __ATOMIC_SEQ_CST) != next &&
               !vcpu_is_deaf(&vcpus[i]))
            __asm__ volatile("pause");
    }
}

static bool pci_is_hidden(uint16_t port, uint32_t size)
{
    return usb != 0 && port < PORT_PCI_END && port + size > PORT_PCI_DATA &&
           (in32(PORT_PCI_ADDRESS) & ~(PCI_FUNCTION - 1u) & PCI_SELECTED) == usb;
}

/* An OUT is about to move the bus master, unless it is another. False: it may not. */
static bool may_move(struct vcpu *vcpu, uint16_t port, uint32_t size, uint32_t value)
{
    uint32_t bar[3] = {0}; /* the access may cover a part of BAR4, and more */
    uint16_t next;

    if (port >= PORT_PCI_END || port + size <= PORT_PCI_DATA || bar4 == 0 ||
        (in32(PORT_PCI_ADDRESS) & PCI_SELECTED) != bar4)
        return true;
    bar[1] = in32(PORT_PCI_DATA);
    memcpy((uint8_t *)&bar[1] + (port - PORT_PCI_DATA), &value, size);
    next = PLACE_OF(bar[1]);
    if (next == place || next == SIZING)
        return true;
    if (next < LOW_PORTS || next == PLACE_OF(PORT_PCI_ADDRESS)) {
        dma_refuse(vcpu, "BAR4 of the IDE controller", "hv16 uses ports there", next);
        return false;
    }
    announce(vcpu, next);
    return true;
}

static bool is_bus_master(uint16_t port)
{
    return bar4 != 0 && (PLACE_OF(port) == place || PLACE_OF(port) == SIZING);
}

/* Their registers may be accessed in twos and fours as well. */
static bool is_in_bytes(uint16_t port, uint32_t size)
{
    uint16_t last = (uint16_t)(port + size - 1);

    return is_bus_master(port) || is_bus_master(last) || PLACE_OF(last) == PAGE_PORTS;
}

uint32_t dma_in(uint16_t port, uint32_t size)
{
    uint32_t value = 0;

    if (pci_is_hidden(port, size))
        return 0xFFFFFFFFu >> (32 - 8 * size);
    if (!is_in_bytes(port, size))
        return port_in(port, size);
    for (uint16_t at = port, i = 0; i < size; i++, at++)
        value |= (uint32_t)(is_bus_master(at) ? bus_master_in(at) : in8(at)) << 8 * i;
    return value;
}

static void byte_out(struct vcpu *vcpu, uint16_t port, uint8_t value)
{
    bool is_page = PLACE_OF(port) == PAGE_PORTS && (PAGES_USED >> port % 16 & 1);
    uint64_t page = (uint64_t)value << 16;

    if (is_page && ept_is_hidden(page)) {
        dma_refuse(vcpu, "ISA DMA", "its page is hidden memory", page);
        value = PAGE_ROM;
    }
    if (is_bus_master(port))
        bus_master_out(vcpu, port, value);
    else
        out8(port, value);
}

void dma_out(struct vcpu *vcpu, uint16_t port, uint32_t size, uint32_t value)
{
    while (!try_lock(&busy))
        dma_follow(vcpu); /* whoever is busy may be waiting for it */
    if (is_in_bytes(port, size))
        for (uint16_t i = 0; i < size; i++)
            byte_out(vcpu, port + i, (uint8_t)(value >> 8 * i));
    else if (!pci_is_hidden(port, size) && may_move(vcpu, port, size, value))
        port_out(port, size, value);
    place = to_come;
    unlock(&busy);
}
