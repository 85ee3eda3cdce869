/*
 * model/opcodes.h: which opcodes model/decode.c knows, as a table.
 */
#pragma once

#include <stdint.h>

/* Where the operands are. Bit 0 of each opcode tells a byte (0) from the operand size (1). */
#define FORM_REG                                                                                   \
    0x001u                    /* ModRM.reg is a register; with bit 1 of a one-byte opcode the      \
                               * destination */
#define FORM_EXTEND    0x002u /* ModRM.reg is the destination, and larger than the memory operand */
#define FORM_GROUP     0x004u /* ModRM.reg belongs to the opcode */
#define FORM_IMM       0x008u /* an immediate of the operand size, at most 4 bytes ... */
#define FORM_IMM8      0x010u /* ... or of one byte */
#define FORM_CL        0x020u /* CL is the register operand */
#define FORM_MOFFS     0x040u /* rAX and an offset, no ModRM; bit 1: memory is the destination */
#define FORM_STRING    0x080u
#define FORM_CONDITION 0x100u  /* bits 3:0 of the opcode; the memory operand is always a byte */
#define FORM_FULL      0x200u  /* the operand size, whatever bit 0 is */
#define FORM_STACK     0x400u  /* in 64-bit code the operand size is 64 without REX.W too */
#define FORM_64        0x800u  /* only in 64-bit code this instruction ... */
#define FORM_NOT_64    0x1000u /* ... or only elsewhere */

#define OP_UNKNOWN 0xFFu
#define ESCAPED    0x0F00u /* 0FH precedes the opcode */

/* A row is about each opcode that is `code` in all bits but those of `any`. */
struct opcode {
    uint16_t any, code;
    uint8_t operation; /* an enum operation, or one of the groups in opcodes.c */
    uint16_t form;
};

/* NULL if the decoder does not know it. */
const struct opcode *opcode_find(unsigned code);

/* An enum operation or OP_UNKNOWN. Of a group, `field` says which: three bits of the opcode or of
 * ModRM. */
unsigned opcode_operation(const struct opcode *row, unsigned field);
