/*
 * test_decode_zydis.c: decode() against Zydis, a disassembler that is not ours. A million random
 * instructions in 16-, 32- and 64-bit code: what decode() accepts is the same to Zydis, and what it
 * refuses is no instruction of its list with an operand in memory.
 */
#include "model/decode.h"
#include <Zydis/Zydis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define CASES 1000000
#define BYTES 20

// clang-format off
#define NAME(name) {ZYDIS_MNEMONIC_##name, OP_##name, 0}
#define STRING(name, suffix) {ZYDIS_MNEMONIC_##name##suffix, OP_##name, 0}
#define STRINGS(name) STRING(name, B), STRING(name, W), STRING(name, D)
#define SET(cc, n) {ZYDIS_MNEMONIC_SET##cc, OP_SET, n}

// clang-format on

/* Zydis's name -> ours, and of SETcc the condition. */
static const struct {
    ZydisMnemonic theirs;
    uint8_t ours, condition;
} names[] = {
    NAME(MOV),
    NAME(MOVSX),
    NAME(PUSH),
    NAME(POP),
    NAME(XCHG),
    NAME(XADD),
    NAME(CMPXCHG),
    NAME(BTS),
    NAME(BTR),
    NAME(BTC),
    NAME(NOT),
    NAME(NEG),
    NAME(AND),
    NAME(OR),
    NAME(XOR),
    NAME(ADD),
    NAME(ADC),
    NAME(SUB),
    NAME(SBB),
    NAME(INC),
    NAME(DEC),
    NAME(TEST),
    NAME(CMP),
    NAME(BT),
    NAME(ROL),
    NAME(ROR),
    NAME(RCL),
    NAME(RCR),
    NAME(SHL),
    NAME(SHR),
    NAME(SAR),
    {ZYDIS_MNEMONIC_MOVZX, OP_MOV, 0},
    {ZYDIS_MNEMONIC_MOVSXD, OP_MOVSX, 0},
    STRINGS(SCAS),
    STRING(SCAS, Q),
    STRINGS(CMPS),
    STRING(CMPS, Q),
    STRINGS(STOS),
    STRING(STOS, Q),
    STRINGS(MOVS),
    STRING(MOVS, Q),
    STRINGS(LODS),
    STRING(LODS, Q),
    STRINGS(INS),
    STRINGS(OUTS),
    SET(O, 0),
    SET(NO, 1),
    SET(B, 2),
    SET(NB, 3),
    SET(Z, 4),
    SET(NZ, 5),
    SET(BE, 6),
    SET(NBE, 7),
    SET(S, 8),
    SET(NS, 9),
    SET(P, 10),
    SET(NP, 11),
    SET(L, 12),
    SET(NL, 13),
    SET(LE, 14),
    SET(NLE, 15),
};

static uint64_t random64(void)
{
    static uint64_t state = 0x9E3779B97F4A7C15ull; /* xorshift */

    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void random_code(uint8_t *code)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E,
                                       0x64, 0x65, 0x40, 0x41, 0x44, 0x45, 0x48, 0x4C, 0x4D};
    unsigned at = 0;

    for (unsigned i = 0; i < BYTES; i++)
        code[i] = (uint8_t)random64();
    for (uint64_t more = random64(); (more & 1) && at < 6; more >>= 1)
        code[at++] = prefixes[random64() % sizeof prefixes];
    if (random64() % 3 == 0)
        code[at++] = 0x0F;
    at++;                                        /* the opcode */
    if (random64() % 4 != 0 && code[at] >= 0xC0) /* mostly memory */
        code[at] &= 0xBF;
}

struct theirs {
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    const ZydisDecodedOperand *memory, *reg, *immediate;
    int operation, condition; /* -1: none of the list */
};

/* The operands that matter: those in the assembler's text, and of strings the hidden ones. */
static void find_operands(struct theirs *t)
{
    bool string = t->operation >= OP_SCAS;

    for (unsigned i = 0; i < t->instruction.operand_count; i++) {
        const ZydisDecodedOperand *o = &t->operands[i];

        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY && t->memory == NULL &&
            (o->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN || string))
            t->memory = o;
        if (o->type == ZYDIS_OPERAND_TYPE_REGISTER && t->reg == NULL && !string &&
            o->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN)
            t->reg = o;
        if (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
            t->immediate = o;
    }
}

static void decode_theirs(const uint8_t *code, unsigned bits, struct theirs *t)
{
    static ZydisDecoder decoders[65];
    ZydisDecoder *decoder = &decoders[bits];

    if (decoder->machine_mode == 0 && decoder->stack_width == 0)
        ZydisDecoderInit(decoder,
                         bits == 64   ? ZYDIS_MACHINE_MODE_LONG_64
                         : bits == 32 ? ZYDIS_MACHINE_MODE_LEGACY_32
                                      : ZYDIS_MACHINE_MODE_LEGACY_16,
                         bits == 64   ? ZYDIS_STACK_WIDTH_64
                         : bits == 32 ? ZYDIS_STACK_WIDTH_32
                                      : ZYDIS_STACK_WIDTH_16);
    memset(t, 0, sizeof *t);
    t->operation = -1;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, code, BYTES, &t->instruction, t->operands)))
        return;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].theirs == t->instruction.mnemonic) {
            t->operation = names[i].ours;
            t->condition = names[i].condition;
        }
    }
    find_operands(t);
}

/* An instruction of the list with an operand in memory. */
static bool is_known(const struct theirs *t)
{
    if (t->operation < 0 || t->memory == NULL)
        return false;
    if (t->operation >= OP_SCAS) /* MOVSD and CMPSD are names of SSE too */
        return t->instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
    return t->reg == NULL || ZydisRegisterGetClass(t->reg->reg.value) != ZYDIS_REGCLASS_SEGMENT;
}

static enum repeat last_repeat(const ZydisDecodedInstruction *i)
{
    enum repeat repeat = REPEAT_NOT;

    for (unsigned k = 0; k < i->raw.prefix_count; k++) {
        if (i->raw.prefixes[k].value == 0xF2)
            repeat = REPEAT_UNEQUAL;
        if (i->raw.prefixes[k].value == 0xF3)
            repeat = REPEAT_EQUAL;
    }
    return repeat;
}

/* What of the two is different; NULL if nothing is. */
static const char *difference(const struct instruction *ours, const struct theirs *t)
{
    int id;
    bool string = ours->operation >= OP_SCAS;
    bool counts = ours->operation == OP_BT ||
                  (ours->operation >= OP_BTS && ours->operation <= OP_BTC) ||
                  (ours->operation >= OP_ROL && ours->operation <= OP_SAR);
    uint64_t mask = ~0ull >> (64 - 8 * (counts ? 1 : ours->width)); /* of a count, the byte */
    unsigned source = ours->operation == OP_MOVS ? 1 : 0; /* CMPS and OUTS have theirs in order */

    if (!is_known(t) || ours->operation != (enum operation)t->operation)
        return "operation";
    if (ours->length != t->instruction.length)
        return "length";
    /* SDM, "MOVSX/MOVSXD": with a 16-bit operand MOVSXD reads r/m16. Zydis says 32 bits. */
    if (ours->width != t->memory->size / 8 &&
        (t->instruction.mnemonic != ZYDIS_MNEMONIC_MOVSXD || ours->register_width != 2))
        return "width";
    if (ours->address_width != t->instruction.address_width / 8)
        return "address width";
    if (ours->to_memory !=
        (t->memory == &t->operands[0] && ours->operation != OP_PUSH && ours->operation != OP_CMPS))
        return "direction";
    if (ours->lock != ((t->instruction.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0))
        return "LOCK";
    if (ours->repeat != last_repeat(&t->instruction))
        return "REP";
    if (ours->operation == OP_OUTS)
        source = 1;
    if (string && ours->segment != (enum segment)ZydisRegisterGetId(
                                       (t->operands[source].type == ZYDIS_OPERAND_TYPE_MEMORY
                                            ? &t->operands[source]
                                            : t->memory)
                                           ->mem.segment))
        return "segment of a string";
    if (!string && ours->segment != (enum segment)ZydisRegisterGetId(t->memory->mem.segment))
        return "segment";
    if (ours->operation == OP_SET)
        return ours->immediate == (uint64_t)t->condition ? NULL : "condition";
    if (t->immediate != NULL && ((ours->immediate ^ t->immediate->imm.value.u) & mask) != 0)
        return "immediate";
    if (string)
        return NULL;
    if ((ours->reg == REGISTER_NONE) != (t->reg == NULL))
        return "kind of operand";
    if (t->reg == NULL)
        return NULL;
    if (ours->register_width != t->reg->size / 8)
        return "width of the register";
    id = ZydisRegisterGetId(t->reg->reg.value);
    if (ours->register_width == 1) /* AL ... BL, AH ... BH, SPL ... R15B: 20 of them */
        return id == ours->reg + (ours->high_byte || ours->reg >= 4 ? 4 : 0) ? NULL : "register";
    return id == ours->reg ? NULL : "register";
}

static void test_a_million(void **state)
{
    unsigned accepted = 0, of_operation[OP_OUTS + 1] = {0};

    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        unsigned bits = 16u << random64() % 3;
        uint8_t code[BYTES];
        struct instruction ours;
        struct theirs theirs;
        const char *what = NULL;

        random_code(code);
        decode_theirs(code, bits, &theirs);
        if (decode(code, BYTES, bits, &ours) == DECODE_OK) {
            accepted++;
            of_operation[ours.operation]++;
            what = difference(&ours, &theirs);
        } else if (is_known(&theirs)) {
            what = "refused";
        }
        if (what != NULL)
            fail_msg("case %u, %u-bit code %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x: "
                     "%s is different, from Zydis's %s",
                     n, bits, code[0], code[1], code[2], code[3], code[4], code[5], code[6],
                     code[7], code[8], code[9], what,
                     ZydisMnemonicGetString(theirs.instruction.mnemonic));
    }
    print_message("%u instructions, of which %u are accepted\n", CASES, accepted);
    for (unsigned i = 0; i <= OP_OUTS; i++)
        assert_true(of_operation[i] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_million)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
