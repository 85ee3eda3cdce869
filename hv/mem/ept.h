/*
 * mem/ept.h: the guest's physical memory, which is the machine's, without the hidden block.
 *
 * The only place that writes EPT entries and executes INVEPT.
 */
#pragma once

#include "layout.h"
#include "vcpu.h"
#include <stdbool.h>
#include <stdint.h>

/* Maps everything below 4 GiB and all memory above, identically and with the memory types of the
 * MTRRs, and leaves out the hidden block. Pages of 1 GiB are used if the processor has them. */
void ept_build(void);

/* The value of the VMCS field "EPT pointer"; N_CR3 of a VMCB. */
uint64_t ept_pointer(void);

/* How often entries have been forgotten: with SVM that is still to be done, at the next entry. */
extern uint32_t ept_flushes;

/* True if `address` is in the hidden block. */
bool ept_is_hidden(uint64_t address);

/* Where hv16 itself reads what the guest has at `address`, or writes it; the rest of the page of 4
 * KiB follows. NULL where it must not: in the hidden block, in an APIC's page, the machine's or the
 * guest's, and beyond 4 GiB, where it does not reach. A ROM takes writes, and forgets them. */
uint8_t *ept_memory(uint64_t address, bool write);

/* Maps the 2 MiB around an address that ept_build() left out (a device above 4 GiB). False if it
 * is hidden, mapped already, or beyond what the processor can address. */
bool ept_map_missing(uint64_t address);

/* The page at guest-physical `address` becomes the page at `physical`, or nothing at all where
 * `access` is EPT_NOTHING. There are EPT_SLOTS such pages: another address for the same `slot`
 * gives the earlier one its own memory back. */
enum ept_slot {
    EPT_SLOT_APIC,        /* the machine's own local APIC */
    EPT_SLOT_BIOS,        /* guest/reset_vector.c */
    EPT_SLOT_GUESTS_APIC, /* where the guest's is: one for each vCPU, by its number */
    EPT_SLOTS = EPT_SLOT_GUESTS_APIC + CPUS_MAX
};
#define EPT_NOTHING      0u /* bits of an entry: 1 read, 2 write, 4 execute */
#define EPT_READ_ONLY    1u
#define EPT_READ_WRITE   3u
#define EPT_READ_EXECUTE 5u
void ept_replace_page(enum ept_slot slot, uint64_t address, uint64_t physical, uint32_t access);

/* Reads the MTRRs again and brings the memory types of all that is mapped up to date. */
void ept_update_types(void);

/* This processor forgets what it remembers of EPT. Whoever changes an entry does this himself. */
void ept_flush(const struct vcpu *vcpu);

/* The decoy: while shown, the hidden block reads as all ones and takes writes, which nobody finds
 * there later. One instruction of the guest at a time runs against it: see exits/hidden.c. */
void ept_decoy(bool shown);

/* The EPT entry that decides about `address`, 0 if there is none: for reports. */
uint64_t ept_entry_for(uint64_t address);
