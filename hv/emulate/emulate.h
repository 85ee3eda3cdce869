/*
 * emulate/emulate.h: the guest's instruction has exited, and hv16 carries it out: an access to a
 * page that is no memory, or INS and OUTS.
 */
#pragma once

#include "vcpu.h"
#include "virt/exit.h"

/* What answers at a page's addresses. Where `read` is NULL, nothing does, and all bits are 1; what
 * is written where `write` is NULL is lost. */
struct emulated_page {
    const char *name; /* for messages */
    uint64_t (*read)(struct vcpu *vcpu, uint32_t offset, uint32_t width);
    void (*write)(struct vcpu *vcpu, uint32_t offset, uint64_t value);
    /* Why an access is none that the page knows; NULL if it is one, as all are without this. */
    const char *(*refuses)(uint32_t offset, uint32_t width, bool is_write);
};

/* Carries out the instruction at the guest's RIP, which accesses the page at guest-physical address
 * `physical`. What cannot be emulated stops the guest with the instruction's bytes. */
enum exit_action emulate_access(struct vcpu *vcpu, const struct emulated_page *page,
                                uint64_t physical, bool is_write);

/* IN or OUT of `value`. EXIT_SKIP: it is done. */
typedef enum exit_action port_fn(struct vcpu *vcpu, const struct exit_io *io, uint64_t *value);

/* One element of the INS or OUTS at the guest's RIP. */
enum exit_action emulate_string_io(struct vcpu *vcpu, const struct exit_io *io, port_fn *transfer);

/* --- linear.c: the guest's memory by linear address, through its own page tables --- */

/* Copies `size` bytes from or to the guest's memory. Returns how many it were: there are no more if
 * a page is not mapped by the guest, or is none of those that ept_memory() has. */
uint32_t guest_copy_linear(uint64_t linear, void *ours, uint32_t size, bool to_guest);

/* Where the byte at `linear` is; NULL in the same cases. The rest of its page of 4 KiB follows. */
uint8_t *guest_pointer(uint64_t linear, bool write);

/* Whether the guest's page tables map it, wherever to; `rights` are guest_walk()'s. Where hv16
 * cannot read the tables they do, to an address that ept_memory() does not have. */
bool guest_translate(uint64_t linear, uint64_t *physical, uint64_t *rights);

/* MOV to CR3, but for bits of CR3 itself that are reserved. False: with PAE paging, one of the four
 * PDPTEs has a reserved bit, and is now not present. */
bool guest_load_cr3(uint64_t cr3);
