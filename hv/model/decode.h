/*
 * model/decode.h: which instruction is it that touches the APIC's page, and what does it compute?
 * Pure logic. It knows the instructions that compilers and systems use on device registers, in
 * 16-, 32- and 64-bit code; all others are refused, so that nothing is guessed.
 * Source: SDM volume 2, "Instruction Format" (2.1 to 2.2.1) and "Opcode Map" (appendix A).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTRUCTION_MAX 15 /* bytes */
#define REGISTER_NONE   0xFFu

/* In this order: after those that only move come those that LOCK may precede when memory is their
 * destination (SDM, "LOCK - Assert LOCK# Signal Prefix"), then others that change flags, then the
 * string instructions. */
enum operation {
    OP_MOV, /* also MOVZX: zero-extended to `register_width` */
    OP_MOVSX,
    OP_SET,  /* SETcc: `immediate` is cc */
    OP_PUSH, /* these two: the caller moves the other operand and rSP */
    OP_POP,
    OP_XCHG, /* LOCK: from here ... */
    OP_XADD,
    OP_CMPXCHG,
    OP_BTS,
    OP_BTR,
    OP_BTC,
    OP_NOT,
    OP_NEG,
    OP_AND,
    OP_OR,
    OP_XOR,
    OP_ADD,
    OP_ADC,
    OP_SUB,
    OP_SBB,
    OP_INC, /* `immediate` is 1 with INC and DEC */
    OP_DEC, /* ... to here */
    OP_TEST,
    OP_CMP,
    OP_BT,
    OP_ROL,
    OP_ROR,
    OP_RCL,
    OP_RCR,
    OP_SHL,
    OP_SHR,
    OP_SAR,
    OP_SCAS, /* strings: one element, the caller moves rSI, rDI and rCX */
    OP_CMPS,
    OP_STOS,
    OP_MOVS,
    OP_LODS,
    OP_INS, /* the port is none of the decoder's business, nor of execute()'s */
    OP_OUTS,
};

enum segment { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

/* F3H and F2H, which differ to SCAS and CMPS alone: they go on while ZF is 1, or 0. */
enum repeat { REPEAT_NOT, REPEAT_EQUAL, REPEAT_UNEQUAL };

struct instruction {
    enum operation operation;
    uint8_t length;         /* bytes */
    uint8_t width;          /* of the memory operand: 1, 2, 4 or 8 bytes */
    uint8_t register_width; /* of the register operand; may differ from `width` with MOVZX and
                             * MOVSX, and is `width` if there is none */
    uint8_t address_width;  /* 2, 4 or 8: of rSI, rDI and rCX in string instructions */
    uint8_t reg;            /* number of the register operand (0 AL/AX/EAX/RAX ... 15 R15), or
                             * REGISTER_NONE: then `immediate` is the operand, if there is one */
    bool high_byte;         /* AH, CH, DH, BH: bits 15:8 of `reg`, which is 0 to 3 */
    bool to_memory;         /* the memory operand is the first one, the destination; true with
                             * XCHG, STOS, MOVS and INS, false with PUSH and the other strings */
    enum repeat repeat;     /* the prefix, which counts only with strings */
    bool lock;              /* the prefix is there: XCHG locks without it too */
    enum segment segment;   /* of the memory operand; of the source of strings that have one. In
                             * 64-bit code only FS and GS override the default */
    uint64_t immediate;     /* sign-extended to 64 bits */
};

enum decode_result {
    DECODE_OK,
    DECODE_UNKNOWN,   /* not one of these instructions, or longer than INSTRUCTION_MAX */
    DECODE_TOO_SHORT, /* `count` bytes, fewer than INSTRUCTION_MAX, do not hold all of it */
};

/* Decodes the instruction at `bytes`, of which `count` are there. `code_bits` is 16, 32 or 64.
 * `instruction` has a meaning only after DECODE_OK. */
enum decode_result decode(const uint8_t *bytes, size_t count, unsigned code_bits,
                          struct instruction *instruction);

/* What an instruction makes of its operands. */
struct outcome {
    uint64_t memory; /* the new value in `width` bytes, if writes_memory */
    uint64_t value;  /* the new value of the register in all 64 bits, if writes_register; of RAX
                      * with CMPXCHG */
    uint64_t rflags; /* all of RFLAGS: CF, PF, AF, ZF, SF, OF as the instruction leaves them */
    bool writes_memory;
    bool writes_register;
};

/* `memory` is what the memory operand holds (`width` bytes; 0 if it is only written), `value` all
 * 64 bits of the register operand (RAX for strings; ignored without one), `rax` CMPXCHG's other
 * one. MOVS and CMPS have two memory operands. The caller reads the source, DS:rSI or
 * `segment`:rSI, gives that as `value`; the destination is always ES:rDI, where MOVS ignores
 * `memory` and wants outcome->memory written, and CMPS compares with `memory`. */
struct operands {
    uint64_t memory, value, rflags, rax;
};
void execute(const struct instruction *instruction, const struct operands *operands,
             struct outcome *outcome);
/* Whether execute() wants `memory` (MOV to memory, STOS and MOVS do not read their destination). */
bool instruction_reads_memory(const struct instruction *instruction);

static inline bool instruction_is_string(const struct instruction *instruction)
{
    return instruction->operation >= OP_SCAS;
}
/* Whether a string instruction uses rSI, and whether it uses rDI. */
bool instruction_has_source(const struct instruction *instruction);
bool instruction_has_destination(const struct instruction *instruction);
