/*
 * emulate/emulate.h: the guest accesses a page that is no memory but registers of 32 bits, each of
 * which fills the first 4 of 16 bytes: its APIC's page.
 */
#pragma once

#include "vcpu.h"
#include "virt/exit.h"

/* What an access comes to. */
struct emulated_page {
    uint32_t (*read)(struct vcpu *vcpu, uint32_t offset);
    void (*write)(struct vcpu *vcpu, uint32_t offset, uint32_t value);
    /* Why a write of `width` bytes is none that the page knows; NULL if it is one. */
    const char *(*refuses_write)(uint32_t offset, uint32_t width);
};

/* Carries out the instruction at the guest's RIP, which accesses the page. Where `page` is NULL,
 * nothing answers. What cannot be emulated stops the guest with the instruction's bytes. */
enum exit_action emulate_access(struct vcpu *vcpu, const struct emulated_page *page,
                                uint32_t offset, bool is_write);

/* --- linear.c: the guest's memory by linear address, through its own page tables --- */

/* Copies `size` bytes from or to the guest's memory. Returns how many it were: there are no more if
 * a page is not mapped by the guest, or is none of those that ept_memory() has. */
uint32_t guest_copy_linear(uint64_t linear, void *ours, uint32_t size, bool to_guest);

/* Where the byte at `linear` is; NULL in the same cases. The rest of its page of 4 KiB follows. */
uint8_t *guest_pointer(uint64_t linear, bool write);

/* Whether the guest's page tables map it, wherever to. */
bool guest_maps(uint64_t linear);

/* MOV to CR3, but for bits of CR3 itself that are reserved. False: with PAE paging, one of the four
 * PDPTEs has a reserved bit, and is now not present. */
bool guest_load_cr3(uint64_t cr3);
