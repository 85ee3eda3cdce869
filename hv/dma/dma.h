/*
 * dma/dma.h: devices that access memory by themselves, past the nested page tables. What they are
 * told to do with the hidden block is refused.
 *
 * Two kinds are watched: the bus master of the IDE controller, and the 8237s of ISA DMA. A third
 * one is hidden, a USB controller. The others are in docs/exits.md, "Memory that devices reach".
 */
#pragma once

#include "vcpu.h"
#include <stdbool.h>

/* --- dma.c: which ports exit, and whose they are --- */

/* Looks for an IDE controller. Once, before the first dma_watch(). */
void dma_find(void);

/* Makes the ports in question exit, for the vCPU of this processor. */
void dma_watch(struct vcpu *vcpu);

/* The guest may be about to move some: they exit at their new place, too, before this vCPU's next
 * instruction. */
void dma_follow(struct vcpu *vcpu);

/* IN and OUT for the guest, of any port: done, or refused if it is about hidden memory. */
uint32_t dma_in(uint16_t port, uint32_t size);
void dma_out(struct vcpu *vcpu, uint16_t port, uint32_t size, uint32_t value);

/* Counts what is refused, and writes a line: what, why, and at which address. */
void dma_refuse(struct vcpu *vcpu, const char *what, const char *why, uint64_t where);

/* --- bus_master.c: IN and OUT of the IDE controller's bus master. One vCPU at a time writes. ---
 */

#define BUS_MASTER_PORTS 16 /* at a multiple of that */
uint8_t bus_master_in(uint16_t port);
void bus_master_out(struct vcpu *vcpu, uint16_t port, uint8_t value);
