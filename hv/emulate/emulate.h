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
