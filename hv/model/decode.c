/*
 * model/decode.c: an instruction's bytes -> operation, operands, length. Which address it computes
 * need not be known (the exit tells), only how many bytes that takes and the default segment.
 * Source: SDM volume 2, "Instruction Format" (2.1 to 2.2.1) and "Opcode Map" (appendix A).
 */
#include "model/decode.h"

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

/* Where the operands are. Bit 0 of each opcode tells a byte (0) from the operand size (1). */
#define FORM_REG    0x01u /* ModRM.reg is a register; with bit 1 of the opcode, the destination */
#define FORM_EXTEND 0x02u /* ModRM.reg is the destination, and larger than the memory operand */
#define FORM_GROUP  0x04u /* ModRM.reg belongs to the opcode */
#define FORM_IMM    0x08u /* an immediate of the operand size, at most 4 bytes ... */
#define FORM_IMM8   0x10u /* ... or of one byte */
#define FORM_MOFFS  0x20u /* rAX and an offset, no ModRM; bit 1: memory is the destination */
#define FORM_STRING 0x40u

/* Of OP_ARITHMETIC, three bits of the opcode or ModRM.reg are the index in arithmetic[]. */
#define OP_ARITHMETIC 0xFEu
#define OP_UNKNOWN    0xFFu

static const uint8_t arithmetic[8] = {
    OP_ADD, OP_OR, OP_UNKNOWN /* ADC */, OP_UNKNOWN /* SBB */, OP_AND, OP_SUB, OP_XOR, OP_CMP,
};

#define ESCAPED       0x0F00u /* 0FH precedes the opcode */
#define OPCODE_MOVSXD 0x63u

/* A row is about each opcode that is `code` in all bits but those of `any`. */
static const struct opcode {
    uint16_t any, code;
    uint8_t operation, form;
} opcodes[] = {
    {0x3B, 0x00, OP_ARITHMETIC, FORM_REG}, /* 00H-03H, 08H-0BH ... 38H-3BH */
    {0x01, 0x80, OP_ARITHMETIC, FORM_GROUP | FORM_IMM},
    {0x00, 0x83, OP_ARITHMETIC, FORM_GROUP | FORM_IMM8},
    {0x01, 0x84, OP_TEST, FORM_REG},
    {0x01, 0x86, OP_XCHG, FORM_REG},
    {0x03, 0x88, OP_MOV, FORM_REG},
    {0x03, 0xA0, OP_MOV, FORM_MOFFS},
    {0x01, 0xA4, OP_MOVS, FORM_STRING},
    {0x01, 0xAA, OP_STOS, FORM_STRING},
    {0x01, 0xAC, OP_LODS, FORM_STRING},
    {0x01, 0xC6, OP_MOV, FORM_GROUP | FORM_IMM},
    {0x01, 0xF6, OP_TEST, FORM_GROUP | FORM_IMM},
    {0x01, 0xFE, OP_INC, FORM_GROUP},
    {0x00, OPCODE_MOVSXD, OP_MOVSX, FORM_EXTEND},
    {0x01, ESCAPED | 0xB6, OP_MOV, FORM_EXTEND},
    {0x01, ESCAPED | 0xBE, OP_MOVSX, FORM_EXTEND},
};

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
            instruction->rep = true;
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

static const struct opcode *find_opcode(unsigned code)
{
    for (unsigned i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
        if ((code & ~(unsigned)opcodes[i].any) == opcodes[i].code)
            return &opcodes[i];
    }
    return NULL;
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

/* Which operation `field`, three bits beside the opcode, makes of a row's. */
static unsigned choose_operation(unsigned operation, unsigned field)
{
    if (operation == OP_ARITHMETIC)
        return arithmetic[field];
    if (operation == OP_INC && field == 1)
        return OP_DEC;
    return field == 0 ? operation : OP_UNKNOWN;
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
    if (row->form & FORM_GROUP) {
        instruction->to_memory = true;
        return choose_operation(row->operation, reg);
    }
    if (instruction->register_width == 1 && d->rex == 0 && reg >= 4) {
        instruction->high_byte = true;
        reg -= 4;
    }
    instruction->reg = (uint8_t)(d->rex & REX_R ? reg + 8 : reg);
    instruction->to_memory =
        row->form == FORM_REG && ((code & 2u) == 0 || row->operation == OP_XCHG);
    return choose_operation(row->operation, row->operation == OP_ARITHMETIC ? code >> 3 : 0);
}

static void decode_immediate(struct decoder *d, unsigned form, struct instruction *instruction)
{
    unsigned size = form & FORM_IMM8 ? 1 : instruction->width < 4 ? instruction->width : 4;
    uint64_t sign = 1ull << (8 * size - 1), value = 0;

    instruction->immediate = 1;
    if ((form & (FORM_IMM | FORM_IMM8)) == 0)
        return; /* INC and DEC */
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)next(d) << 8 * i;
    instruction->immediate = value & sign ? value | ~(sign - 1) : value;
}

/* SDM, "Operand-Size and Address-Size Attributes" (volume 1, 3.6). */
static void decode_widths(const struct decoder *d, const struct opcode *row, unsigned code,
                          struct instruction *instruction)
{
    unsigned operand = (d->code_bits == 16) == d->operand_prefix ? 4 : 2;
    unsigned address = d->code_bits / 8;

    if (d->rex & REX_W)
        operand = 8;
    if (d->address_prefix)
        address = address == 4 ? 2 : 4;
    instruction->address_width = (uint8_t)address;
    instruction->register_width = instruction->width = (uint8_t)(code & 1u ? operand : 1);
    if (row->form & FORM_EXTEND)
        instruction->register_width = (uint8_t)operand;
    if (code == OPCODE_MOVSXD && operand == 8)
        instruction->width = 4;
    else if (code > 0xFF && (code & 1u))
        instruction->width = 2; /* 0FB7H, 0FBFH */
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
        instruction->to_memory = operation != OP_LODS;
        if (operation != OP_MOVS)
            instruction->reg = 0;
    } else {
        operation = decode_modrm(d, row, code, instruction);
        if (row->form & FORM_GROUP)
            decode_immediate(d, row->form, instruction);
    }
    if (operation == OP_STOS)
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
    row = find_opcode(code);
    if (row == NULL || (code == OPCODE_MOVSXD && d->code_bits != 64)) /* it is ARPL there */
        return OP_UNKNOWN;
    operation = decode_operands(d, row, code, instruction);
    if (instruction->rep && (row->form & FORM_STRING) == 0)
        return OP_UNKNOWN;
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
