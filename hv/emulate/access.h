/*
 * emulate/access.h: an instruction that is being emulated. Between the files of this folder.
 */
#pragma once

#include "emulate/emulate.h"
#include "model/decode.h"

struct access {
    struct vcpu *vcpu;
    const struct emulated_page *page;
    const struct instruction *instruction;
    uint64_t physical; /* where in the page */
    uint32_t code_bits;
    bool is_write;
};

/* Fetches and decodes the instruction at the guest's RIP. What is beyond the decoder stops the
 * guest. */
void access_fetch(struct access *access);

/* --- operand.c: an operand of the instruction that is in the guest's memory ------------------- */

struct operand {
    uint32_t segment;
    uint64_t offset;
    uint32_t width;
    bool write;
    uint64_t linear; /* by operand_open() */
};

/* The checks that the processor makes of an operand before it uses it. False: one has failed, and
 * the guest gets the exception. */
bool operand_open(const struct access *access, struct operand *operand);

/* Stops the guest if this is memory that hv16 does not reach. */
void operand_copy(const struct operand *operand, uint64_t *value);

/* --- string.c: one element of a string instruction -------------------------------------------- */

struct operand string_source(const struct access *access);      /* at rSI */
struct operand string_destination(const struct access *access); /* at rDI */

/* The count in rCX is 0: nothing is done. */
bool string_is_empty(const struct access *access);

/* rSI, rDI and rCX move on. Returns whether a repeated instruction has more to do. */
bool string_step(const struct access *access);
