/*
 * apic/physical.h: the machine's own local APIC. The only file that touches it is physical.c.
 *
 * In every mode but apic=off it belongs to hv16. Its timer, its local vector table and what devices
 * send to it serve the guest all the same: see apic/apic.h.
 */
#pragma once

#include "model/lapic.h"
#include <stdbool.h>
#include <stdint.h>

/* IA32_APIC_BASE as it is. */
uint64_t physical_apic_base(void);

/* With apic=off the guest writes IA32_APIC_BASE. False: #GP. It stops where that would put the APIC
 * into the hidden block, of which it would hide a page from hv16. */
bool physical_apic_set_base(uint64_t value);

/* Looks where the APIC is and how it is reached: through its page or, where the firmware has put
 * it into x2APIC mode, through MSRs. */
void physical_apic_open(void);

uint32_t physical_apic_read(uint32_t offset);

/* This processor's APIC ID. */
uint32_t physical_apic_id(void);

/* Sends an interprocessor interrupt to another processor: LAPIC_ICR_NMI, LAPIC_ICR_INIT, or
 * LAPIC_ICR_STARTUP with its vector in bits 7:0. LAPIC_ICR_ASSERT comes with each. */
void physical_apic_send(uint32_t apic_id, uint32_t command);

/* Gives `lapic` the identity of this one, and what the firmware wrote to its SVR and LVT. */
void physical_apic_copy_to(struct lapic *lapic);

/* The guest's SVR, LVT, LDR and DFR, its timer's initial count and divide configuration: for real.
 * Entries whose delivery could reset or suspend the machine stay masked. */
void physical_apic_set_lvt(const struct lapic *lapic);
void physical_apic_set_timer(const struct lapic *lapic);

/* apic=off: it is the guest's, and an INIT that exits has not reset it.
 * SDM volume 3, "Local APIC State After an INIT Reset" (3A 11.4.7.3). */
void physical_apic_reset(void);

/* Whether it has an interrupt of its own to be acknowledged: the 8259's are none. */
bool physical_apic_offers(void);

/* Whether `vector` is in `set`. A vector just acknowledged is in LAPIC_ISR, unless it came from the
 * 8259; it is in LAPIC_TMR if it is level-triggered. */
bool physical_apic_has(uint32_t set, uint8_t vector);
/* The end of the interrupt that is in service. */
void physical_apic_eoi(void);
