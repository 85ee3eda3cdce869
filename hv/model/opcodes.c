/*
 * model/opcodes.c: the table of opcodes with a memory operand.
 * Source: SDM volume 2, "Opcode Map" (appendix A), tables.
 */
#include "model/opcodes.h"
#include "model/decode.h"

/* Several operations by three bits. Intel's table leaves two places of these groups empty, AMD's
 * has the neighbour's operation there, and so do the processors of both: TEST and SHL. */
enum { GROUP_1 = 0x80, GROUP_1A, GROUP_2, GROUP_3, GROUP_4, GROUP_5, GROUP_8, GROUP_11 };
#define NO OP_UNKNOWN
static const uint8_t groups[][8] = {
    {OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP},
    {OP_POP, NO, NO, NO, NO, NO, NO, NO},
    {OP_ROL, OP_ROR, OP_RCL, OP_RCR, OP_SHL, OP_SHR, OP_SHL, OP_SAR},
    {OP_TEST, OP_TEST, OP_NOT, OP_NEG, NO, NO, NO, NO},
    {OP_INC, OP_DEC, NO, NO, NO, NO, NO, NO},
    {OP_INC, OP_DEC, NO, NO, NO, NO, OP_PUSH, NO},
    {NO, NO, NO, NO, OP_BT, OP_BTS, OP_BTR, OP_BTC},
    {OP_MOV, NO, NO, NO, NO, NO, NO, NO},
};

static const struct opcode opcodes[] = {
    {0x3B, 0x00, GROUP_1, FORM_REG}, /* 00H-03H, 08H-0BH ... 38H-3BH */
    {0x00, 0x63, OP_MOVSX, FORM_EXTEND | FORM_64},
    {0x01, 0x6C, OP_INS, FORM_STRING},
    {0x01, 0x6E, OP_OUTS, FORM_STRING},
    {0x01, 0x80, GROUP_1, FORM_GROUP | FORM_IMM},
    {0x00, 0x82, GROUP_1, FORM_GROUP | FORM_IMM8 | FORM_NOT_64},
    {0x00, 0x83, GROUP_1, FORM_GROUP | FORM_IMM8},
    {0x01, 0x84, OP_TEST, FORM_REG},
    {0x01, 0x86, OP_XCHG, FORM_REG},
    {0x03, 0x88, OP_MOV, FORM_REG},
    {0x00, 0x8F, GROUP_1A, FORM_GROUP | FORM_STACK},
    {0x03, 0xA0, OP_MOV, FORM_MOFFS},
    {0x01, 0xA4, OP_MOVS, FORM_STRING},
    {0x01, 0xA6, OP_CMPS, FORM_STRING},
    {0x01, 0xAA, OP_STOS, FORM_STRING},
    {0x01, 0xAC, OP_LODS, FORM_STRING},
    {0x01, 0xAE, OP_SCAS, FORM_STRING},
    {0x01, 0xC0, GROUP_2, FORM_GROUP | FORM_IMM8},
    {0x01, 0xC6, GROUP_11, FORM_GROUP | FORM_IMM},
    {0x01, 0xD0, GROUP_2, FORM_GROUP},
    {0x01, 0xD2, GROUP_2, FORM_GROUP | FORM_CL},
    {0x01, 0xF6, GROUP_3, FORM_GROUP | FORM_IMM},
    {0x00, 0xFE, GROUP_4, FORM_GROUP},
    {0x00, 0xFF, GROUP_5, FORM_GROUP},
    {0x0F, ESCAPED | 0x90, OP_SET, FORM_CONDITION},
    {0x18, ESCAPED | 0xA3, GROUP_8, FORM_REG},
    {0x01, ESCAPED | 0xB0, OP_CMPXCHG, FORM_REG},
    {0x01, ESCAPED | 0xB6, OP_MOV, FORM_EXTEND},
    {0x00, ESCAPED | 0xBA, GROUP_8, FORM_GROUP | FORM_IMM8 | FORM_FULL},
    {0x01, ESCAPED | 0xBE, OP_MOVSX, FORM_EXTEND},
    {0x01, ESCAPED | 0xC0, OP_XADD, FORM_REG},
};

const struct opcode *opcode_find(unsigned code)
{
    for (unsigned i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
        if ((code & ~(unsigned)opcodes[i].any) == opcodes[i].code)
            return &opcodes[i];
    }
    return 0;
}

unsigned opcode_operation(const struct opcode *row, unsigned field)
{
    return row->operation < GROUP_1 ? row->operation : groups[row->operation - GROUP_1][field & 7u];
}
