/*
 * emulate/emulate.h: the guest accesses a page that is no memory but registers of 32 bits, each of
 * which fills the first 4 of 16 bytes.
 */
#pragma once

#include "vcpu.h"
#include "virt/exit.h"

/* Whose page it is, and what an access comes to. */
struct emulated_page {
    const char *name; /* "its APIC's page", for messages */
    bool answers;     /* otherwise it is like an address where nothing is */
    uint32_t (*read)(struct vcpu *vcpu, uint32_t offset);
    void (*write)(struct vcpu *vcpu, uint32_t offset, uint32_t value);
    /* Why a write of `width` bytes is none that the page knows; NULL if it is one. */
    const char *(*refuses_write)(uint32_t offset, uint32_t width);
};

/* Carries out the instruction at the guest's RIP, which accesses the page. What cannot be emulated
 * stops the guest with the instruction's bytes. */
enum exit_action emulate_access(struct vcpu *vcpu, const struct emulated_page *page,
                                uint32_t offset, bool is_write);
