/*
 * model/decode.c: an instruction's bytes -> operation, operands, length. Which address it computes
 * need not be known (the exit tells), only how many bytes that takes and the default segment.
 * Source: SDM volume 2, "Instruction Format" (2.1 to 2.2.1) and "Opcode Map" (appendix A).
 */
#include "model/decode.h"
#include "model/opcodes.h"

#define REX_W 0x8u
#define REX_R 0x4u
#define REX_B 0x1u

struct decoder {
    const uint8_t *bytes;
    unsigned at, count; /* `at` may pass `count`: decode() looks at the end */
    unsigned code_bits;
    unsigned rex;     /* 0: none */
    unsigned segment; /* of the last override that counts, or NO_OVERRIDE */
    bool operand_prefix, address_prefix;
};
#define NO_OVERRIDE 0xFFu

/* The next byte. Behind the end it is 0, which is no prefix: every loop comes to an end. */
static uint8_t peek(const struct decoder *d)
{
    return d->at < d->count ? d->bytes[d->at] : 0;
}

static uint8_t next(struct decoder *d)
{
    uint8_t byte = peek(d);

    d->at++;
    return byte;
}

/* SDM, "Instruction Prefixes" (2.1.1) and "REX Prefixes" (2.2.1). A REX prefix counts only if the
 * opcode follows it at once. */
static void decode_prefixes(struct decoder *d, struct instruction *instruction)
{
    for (;; d->at++) {
        uint8_t byte = peek(d);
        unsigned rex = 0;

        if (byte == 0x66)
            d->operand_prefix = true;
        else if (byte == 0x67)
            d->address_prefix = true;
        else if (byte == 0xF0)
            instruction->lock = true;
        else if ((byte & 0xFEu) == 0xF2)
            instruction->repeat = byte & 1u ? REPEAT_EQUAL : REPEAT_UNEQUAL; /* the last counts */
        else if ((byte & 0xFEu) == 0x64)
            d->segment = byte & 1u ? SEG_GS : SEG_FS;
        else if ((byte & 0xE7u) == 0x26) { /* 26H ES, 2EH CS, 36H SS, 3EH DS */
            if (d->code_bits != 64)        /* where they are ignored */
                d->segment = byte >> 3 & 3u;
        } else if (d->code_bits == 64 && (byte & 0xF0u) == 0x40)
            rex = byte;
        else
            return;
        d->rex = rex;
    }
}

/* SDM, "Addressing-Mode Encoding of ModR/M and SIB Bytes" (2.1.5, tables 2-1 to 2-3) and "Special
 * Encodings" of REX (table 2-5). Skips what follows ModRM. True: the base is rBP or rSP, so SS is
 * the default segment. */
static bool skip_address(struct decoder *d, unsigned modrm, unsigned address_width)
{
    unsigned mod = modrm >> 6, base = modrm & 7u;
    bool stack, special; /* special: mod 0 means "a displacement and no base" */

    if (address_width == 2) {
        special = base == 6;
        stack = base == 2 || base == 3 || base == 6;
    } else {
        if (base == 4)
            base = next(d) & 7u; /* of the SIB byte */
        special = base == 5;     /* and R13, whose last three bits are the same */
        stack = (base == 4 || base == 5) && (d->rex & REX_B) == 0;
    }
    if (mod == 1)
        d->at++;
    else if (mod == 2 || special)
        d->at += address_width == 2 ? 2 : 4;
    return stack && (mod != 0 || !special);
}

static void decode_register(const struct decoder *d, unsigned reg, struct instruction *instruction)
{
    if (instruction->register_width == 1 && d->rex == 0 && reg >= 4) {
        instruction->high_byte = true;
        reg -= 4;
    }
    instruction->reg = (uint8_t)(d->rex & REX_R ? reg + 8 : reg);
}

/* Returns the operation, OP_UNKNOWN with two registers as operands. */
static unsigned decode_modrm(struct decoder *d, const struct opcode *row, unsigned code,
                             struct instruction *instruction)
{
    unsigned modrm = next(d), reg = modrm >> 3 & 7u;

    if (modrm >= 0xC0)
        return OP_UNKNOWN;
    if (skip_address(d, modrm, instruction->address_width))
        instruction->segment = SEG_SS;
    if (row->form & (FORM_GROUP | FORM_CONDITION)) {
        instruction->to_memory = true;
        return opcode_operation(row, reg);
    }
    decode_register(d, reg, instruction);
    instruction->to_memory =
        (row->form & FORM_REG) && (code > 0xFF || (code & 2u) == 0 || row->operation == OP_XCHG);
    return opcode_operation(row, code >> 3);
}

static uint64_t decode_immediate(struct decoder *d, unsigned size)
{
    uint64_t sign = 1ull << (8 * size - 1), value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)next(d) << 8 * i;
    return value & sign ? value | ~(sign - 1) : value;
}

/* What of a group's instruction comes neither from a register in ModRM nor from memory. */
static void decode_other(struct decoder *d, const struct opcode *row, unsigned operation,
                         struct instruction *instruction)
{
    if (operation == OP_PUSH) {
        instruction->to_memory = false;
        if (d->code_bits == 64 && instruction->width == 4)
            instruction->width = instruction->register_width = 8;
    }
    if (row->form & FORM_CL) {
        instruction->reg = 1;
        instruction->register_width = 1;
    } else if ((row->form & FORM_IMM) && operation != OP_NOT && operation != OP_NEG) {
        instruction->immediate =
            decode_immediate(d, instruction->width < 4 ? instruction->width : 4);
    } else if (row->form & FORM_IMM8) {
        instruction->immediate = decode_immediate(d, 1);
    } else {
        instruction->immediate = 1; /* INC, DEC, and the shifts by one */
    }
}

/* SDM, "Operand-Size and Address-Size Attributes" (volume 1, 3.6). */
static void decode_widths(const struct decoder *d, const struct opcode *row, unsigned code,
                          struct instruction *instruction)
{
    unsigned operand = (d->code_bits == 16) == d->operand_prefix ? 4 : 2;
    unsigned address = d->code_bits / 8, width;

    if ((d->rex & REX_W) || ((row->form & FORM_STACK) && d->code_bits == 64 && operand == 4))
        operand = 8;
    if (d->address_prefix)
        address = address == 4 ? 2 : 4;
    instruction->address_width = (uint8_t)address;
    width = (code & 1u) || (row->form & FORM_FULL) ? operand : 1;
    if (row->form & FORM_CONDITION)
        width = 1;
    if (row->operation >= OP_INS && row->operation <= OP_OUTS && width == 8)
        width = 4; /* ports are not wider */
    instruction->register_width = (uint8_t)width;
    if (row->form & FORM_EXTEND) {
        instruction->register_width = (uint8_t)operand;
        if (code > 0xFF && (code & 1u))
            width = 2; /* 0FB7H, 0FBFH */
        else if (width == 8)
            width = 4; /* MOVSXD */
    }
    instruction->width = (uint8_t)width;
}

static unsigned decode_operands(struct decoder *d, const struct opcode *row, unsigned code,
                                struct instruction *instruction)
{
    unsigned operation = row->operation;

    decode_widths(d, row, code, instruction);
    if (row->form & FORM_MOFFS) {
        instruction->reg = 0;
        instruction->to_memory = (code & 2u) != 0;
        d->at += instruction->address_width;
    } else if (row->form & FORM_STRING) {
        instruction->to_memory =
            operation == OP_STOS || operation == OP_MOVS || operation == OP_INS;
        if (operation == OP_STOS || operation == OP_LODS || operation == OP_SCAS)
            instruction->reg = 0;
    } else {
        operation = decode_modrm(d, row, code, instruction);
        if (row->form & FORM_GROUP)
            decode_other(d, row, operation, instruction);
        else if (row->form & FORM_CONDITION)
            instruction->immediate = code & 0xFu;
    }
    if (operation == OP_STOS || operation == OP_SCAS || operation == OP_INS)
        instruction->segment = SEG_ES; /* an override does not apply */
    else if (d->segment != NO_OVERRIDE)
        instruction->segment = (enum segment)d->segment;
    return operation;
}

/* Returns an enum operation or OP_UNKNOWN. */
static unsigned decode_all(struct decoder *d, struct instruction *instruction)
{
    unsigned code, operation;
    const struct opcode *row;

    decode_prefixes(d, instruction);
    code = next(d);
    if (code == 0x0F)
        code = ESCAPED | next(d);
    row = opcode_find(code);
    if (row == NULL || (row->form & (d->code_bits == 64 ? FORM_NOT_64 : FORM_64)))
        return OP_UNKNOWN;
    operation = decode_operands(d, row, code, instruction);
    if (instruction->lock && (!instruction->to_memory || operation < OP_XCHG || operation > OP_DEC))
        return OP_UNKNOWN; /* #UD: the instruction has touched no memory */
    return operation;
}

enum decode_result decode(const uint8_t *bytes, size_t count, unsigned code_bits,
                          struct instruction *instruction)
{
    struct decoder d = {.bytes = bytes, .code_bits = code_bits, .segment = NO_OVERRIDE};
    unsigned operation;

    d.count = count < INSTRUCTION_MAX ? (unsigned)count : INSTRUCTION_MAX;
    *instruction = (struct instruction){.reg = REGISTER_NONE, .segment = SEG_DS};
    operation = decode_all(&d, instruction);
    if (d.at > d.count)
        return d.count < INSTRUCTION_MAX ? DECODE_TOO_SHORT : DECODE_UNKNOWN;
    if (operation == OP_UNKNOWN)
        return DECODE_UNKNOWN;
    instruction->operation = (enum operation)operation;
    instruction->length = (uint8_t)d.at;
    return DECODE_OK;
}
