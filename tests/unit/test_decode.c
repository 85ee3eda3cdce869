/*
 * test_decode.c: model/decode.c by tables, for what an assembler does not write (illegal and
 * superfluous prefixes, instructions that are not known), and by properties that hold for any
 * bytes. Each call of decode() gets a block of memory of exactly `count` bytes, so the address
 * sanitizer sees a read past it. The forms that an assembler does write:
 * tests/test_decode_nasm.py.
 */
#include "model/decode.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define COUNT_MAX 20

static uint8_t *blocks[COUNT_MAX + 1];

static int allocate(void **state)
{
    (void)state;
    for (size_t i = 0; i <= COUNT_MAX; i++) {
        blocks[i] = malloc(i == 0 ? 1 : i);
        if (blocks[i] == NULL)
            return -1;
    }
    return 0;
}

static int release(void **state)
{
    (void)state;
    for (size_t i = 0; i <= COUNT_MAX; i++)
        free(blocks[i]);
    return 0;
}

static enum decode_result run(const uint8_t *code, size_t count, unsigned bits,
                              struct instruction *instruction)
{
    memcpy(blocks[count], code, count);
    return decode(blocks[count] + (count == 0), count, bits, instruction);
}

/* --- Known instructions -------------------------------------------------------------------------
 */

#define A16  16u
#define A32  32u
#define A64  64u
#define NONE REGISTER_NONE

static const struct {
    unsigned bits;
    uint8_t code[16];
    struct instruction expected; /* in the order of the structure's members */
} known[] = {
    /* operation, length, width, register_width, address_width, reg, high_byte, to_memory, repeat,
     * lock, segment, immediate */
    {A16, {0x89, 0x46, 0x80}, {OP_MOV, 3, 2, 2, 2, 0, 0, 1, 0, 0, SEG_SS, 0}}, /* [bp-80h] */
    {A16, {0x88, 0x26, 0x34, 0x12}, {OP_MOV, 4, 1, 1, 2, 0, 1, 1, 0, 0, SEG_DS, 0}},
    {A16, {0x66, 0x67, 0x8B, 0x98, 1, 2, 3, 4}, {OP_MOV, 8, 4, 4, 4, 3, 0, 0, 0, 0, SEG_DS, 0}},
    {A16, {0x2E, 0xA1, 0x30, 0}, {OP_MOV, 4, 2, 2, 2, 0, 0, 0, 0, 0, SEG_CS, 0}},
    {A16,
     {0x66, 0x67, 0x64, 0xC7, 0x05, 0, 3, 0xE0, 0xFE, 0x34, 0x46, 0x0C, 0x80},
     {OP_MOV, 13, 4, 4, 4, NONE, 0, 1, 0, 0, SEG_FS, 0xFFFFFFFF800C4634}},
    {A32, {0xA3, 0x80, 0, 0xE0, 0xFE}, {OP_MOV, 5, 4, 4, 4, 0, 0, 1, 0, 0, SEG_DS, 0}},
    {A32, {0x67, 0xA2, 0x80, 0}, {OP_MOV, 4, 1, 1, 2, 0, 0, 1, 0, 0, SEG_DS, 0}},
    {A64, {0x40, 0x88, 0x27}, {OP_MOV, 3, 1, 1, 8, 4, 0, 1, 0, 0, SEG_DS, 0}},       /* SPL */
    {A64, {0x88, 0x27}, {OP_MOV, 2, 1, 1, 8, 0, 1, 1, 0, 0, SEG_DS, 0}},             /* AH */
    {A64, {0x45, 0x89, 0x65, 0}, {OP_MOV, 4, 4, 4, 8, 12, 0, 1, 0, 0, SEG_DS, 0}},   /* [r13] */
    {A64, {0x41, 0x89, 0x04, 0x24}, {OP_MOV, 4, 4, 4, 8, 0, 0, 1, 0, 0, SEG_DS, 0}}, /* [r12] */
    {A64, {0x89, 0x05, 1, 2, 3, 4}, {OP_MOV, 6, 4, 4, 8, 0, 0, 1, 0, 0, SEG_DS, 0}}, /* [rip+] */
    {A64, {0x41, 0x8B, 0x05, 1, 2, 3, 4}, {OP_MOV, 7, 4, 4, 8, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A64, {0x48, 0xA1, 1, 2, 3, 4, 5, 6, 7, 8}, {OP_MOV, 10, 8, 8, 8, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A64, {0x67, 0xA1, 1, 2, 3, 4}, {OP_MOV, 6, 4, 4, 4, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A64,
     {0x48, 0xC7, 0x00, 0, 0, 0, 0x80},
     {OP_MOV, 7, 8, 8, 8, NONE, 0, 1, 0, 0, SEG_DS, 0xFFFFFFFF80000000}},
    /* REX.W wins over 66H, but a REX prefix that is not the last prefix does not count. */
    {A64, {0x66, 0x4C, 0x89, 0x07}, {OP_MOV, 4, 8, 8, 8, 8, 0, 1, 0, 0, SEG_DS, 0}},
    {A64, {0x4C, 0x66, 0x89, 0x07}, {OP_MOV, 4, 2, 2, 8, 0, 0, 1, 0, 0, SEG_DS, 0}},
    {A64, {0x4C, 0x65, 0x88, 0x27}, {OP_MOV, 4, 1, 1, 8, 0, 1, 1, 0, 0, SEG_GS, 0}},
    {A64, {0x4C, 0x40, 0x89, 0x07}, {OP_MOV, 4, 4, 4, 8, 0, 0, 1, 0, 0, SEG_DS, 0}},
    /* 64-bit code ignores four of the segment prefixes, also after one that counts. */
    {A64, {0x2E, 0x89, 0x07}, {OP_MOV, 3, 4, 4, 8, 0, 0, 1, 0, 0, SEG_DS, 0}},
    {A64, {0x64, 0x3E, 0x89, 0x07}, {OP_MOV, 4, 4, 4, 8, 0, 0, 1, 0, 0, SEG_FS, 0}},
    {A32, {0x26, 0x65, 0x36, 0x89, 0x07}, {OP_MOV, 5, 4, 4, 4, 0, 0, 1, 0, 0, SEG_SS, 0}},
    /* The same prefix twice is one. */
    {A16, {0x66, 0x66, 0x67, 0x67, 0x89, 0x07}, {OP_MOV, 6, 4, 4, 4, 0, 0, 1, 0, 0, SEG_DS, 0}},
    /* 15 bytes are the limit. */
    {A32,
     {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x8B, 0x07},
     {OP_MOV, 15, 2, 2, 4, 0, 0, 0, 0, 0, SEG_DS, 0}},
    /* MOVSXD, whose memory operand is never wider than 4 bytes. */
    {A64, {0x48, 0x63, 0x07}, {OP_MOVSX, 3, 4, 8, 8, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A64, {0x63, 0x07}, {OP_MOVSX, 2, 4, 4, 8, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A64, {0x66, 0x63, 0x07}, {OP_MOVSX, 3, 2, 2, 8, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A16, {0x0F, 0xB7, 0x07}, {OP_MOV, 3, 2, 2, 2, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A64, {0x0F, 0xB6, 0x27}, {OP_MOV, 3, 1, 4, 8, 4, 0, 0, 0, 0, SEG_DS, 0}}, /* ESP: not AH */
    {A32, {0xF0, 0x87, 0x5D, 0}, {OP_XCHG, 4, 4, 4, 4, 3, 0, 1, 0, 1, SEG_SS, 0}},
    {A32, {0xF0, 0xFF, 0x0F}, {OP_DEC, 3, 4, 4, 4, NONE, 0, 1, 0, 1, SEG_DS, 1}},
    {A32, {0xFE, 0x07}, {OP_INC, 2, 1, 1, 4, NONE, 0, 1, 0, 0, SEG_DS, 1}},
    {A32, {0x66, 0x83, 0x2F, 0xFF}, {OP_SUB, 4, 2, 2, 4, NONE, 0, 1, 0, 0, SEG_DS, ~0ull}},
    {A32, {0x66, 0x81, 0x2F, 0xFF, 0x7F}, {OP_SUB, 5, 2, 2, 4, NONE, 0, 1, 0, 0, SEG_DS, 0x7FFF}},
    {A32, {0xF6, 0x07, 0x80}, {OP_TEST, 3, 1, 1, 4, NONE, 0, 1, 0, 0, SEG_DS, ~0x7Full}},
    {A32, {0x3B, 0x07}, {OP_CMP, 2, 4, 4, 4, 0, 0, 0, 0, 0, SEG_DS, 0}},
    {A16, {0xF3, 0x2E, 0xAA}, {OP_STOS, 3, 1, 1, 2, 0, 0, 1, 1, 0, SEG_ES, 0}},
    {A16, {0xF2, 0x2E, 0xA5}, {OP_MOVS, 3, 2, 2, 2, NONE, 0, 1, 2, 0, SEG_CS, 0}},
    {A32, {0xF3, 0x89, 0x07}, {OP_MOV, 3, 4, 4, 4, 0, 0, 1, 1, 0, SEG_DS, 0}}, /* it is ignored */
    {A32, {0xF2, 0xF0, 0x01, 0x07}, {OP_ADD, 4, 4, 4, 4, 0, 0, 1, 2, 1, SEG_DS, 0}}, /* XACQUIRE */
    {A64, {0xFF, 0x37}, {OP_PUSH, 2, 8, 8, 8, NONE, 0, 0, 0, 0, SEG_DS, 0}},
    {A64, {0x66, 0x8F, 0x07}, {OP_POP, 3, 2, 2, 8, NONE, 0, 1, 0, 0, SEG_DS, 1}},
    {A32, {0xD3, 0x27}, {OP_SHL, 2, 4, 1, 4, 1, 0, 1, 0, 0, SEG_DS, 0}},
    {A32, {0x0F, 0xBA, 0x27, 0x85}, {OP_BT, 4, 4, 4, 4, NONE, 0, 1, 0, 0, SEG_DS, ~0x7Aull}},
    {A64, {0x48, 0x6D}, {OP_INS, 2, 4, 4, 8, NONE, 0, 1, 0, 0, SEG_ES, 0}},
    {A64, {0x64, 0xF3, 0xAF}, {OP_SCAS, 3, 4, 4, 8, 0, 0, 0, 1, 0, SEG_ES, 0}},
    {A64, {0x65, 0x67, 0xF3, 0x48, 0xAD}, {OP_LODS, 5, 8, 8, 4, 0, 0, 0, 1, 0, SEG_GS, 0}},
};

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct instruction *e = &known[i].expected;
        struct instruction got;

        assert_int_equal(run(known[i].code, 15, known[i].bits, &got), DECODE_OK);
        if (got.operation != e->operation || got.length != e->length || got.width != e->width ||
            got.register_width != e->register_width || got.address_width != e->address_width ||
            got.reg != e->reg || got.high_byte != e->high_byte || got.to_memory != e->to_memory ||
            got.repeat != e->repeat || got.lock != e->lock || got.segment != e->segment ||
            (e->reg == NONE && e->operation < OP_SCAS && e->operation != OP_PUSH &&
             e->operation != OP_POP && got.immediate != e->immediate))
            fail_msg(
                "row %zu: operation %d, length %u, width %u/%u, address %u, reg %u, segment %d", i,
                (int)got.operation, got.length, got.width, got.register_width, got.address_width,
                got.reg, (int)got.segment);
    }
}

/* --- What is refused
 * ------------------------------------------------------------------------------ */

static const struct {
    unsigned bits;
    uint8_t code[16];
} refused[] = {
    {A32, {0x04, 1}},             /* ADD AL, 1: no memory operand */
    {A64, {0x82, 0x07, 1}},       /* elsewhere another code of 80H */
    {A32, {0x63, 0x07}},          /* ARPL */
    {A16, {0x63, 0x07}},          /* ARPL */
    {A32, {0x40}},                /* INC EAX, where 64-bit code has REX */
    {A64, {0x40, 0x90}},          /* NOP */
    {A32, {0xC6, 0x0F, 1}},       /* C6H /1 */
    {A32, {0xC7, 0xF8, 1}},       /* XBEGIN */
    {A32, {0xFE, 0x17}},          /* FEH /2 */
    {A32, {0xF6, 0x27}},          /* MUL */
    {A32, {0xFE, 0x37}},          /* FEH /6 */
    {A32, {0xFF, 0x17}},          /* CALL [edi] */
    {A32, {0x8F, 0x0F}},          /* 8FH /1: XOP */
    {A32, {0x0F, 0xBA, 0x1F, 1}}, /* 0FBAH /3 */
    {A32, {0x0F, 0xC7, 0x0F}},    /* CMPXCHG8B: eight bytes */
    {A32, {0x8D, 0x07}},          /* LEA */
    {A32, {0x8C, 0x07}},          /* MOV [edi], ES */
    {A32, {0x0F, 0x88, 0x07}},    /* JS: 88H without 0FH is MOV */
    {A32, {0xB6, 0x07}},          /* MOV DH, 7: 0FB6H is MOVZX */
    {A32, {0x89, 0xC7}},          /* two registers */
    {A32, {0x0F, 0xB6, 0xC7}},
    {A32, {0xF0, 0x89, 0x07}},       /* LOCK and no read-modify-write: #UD */
    {A32, {0xF0, 0x03, 0x07}},       /* LOCK ADD EAX, [edi] */
    {A32, {0xF0, 0x39, 0x07}},       /* LOCK CMP */
    {A32, {0xF0, 0x85, 0x07}},       /* LOCK TEST */
    {A32, {0xF0, 0xA3, 0, 0, 0, 0}}, /* LOCK MOV */
    {A32, {0xF0, 0xAB}},             /* LOCK STOS */
    {A32, {0xF0, 0x0F, 0xA3, 0x07}}, /* LOCK BT */
    {A32, {0xF0, 0xD1, 0x27}},       /* LOCK SHL */
    {A32, {0xF0, 0xFF, 0x37}},       /* LOCK PUSH */
    {A32, {0xF0, 0x0F, 0xB6, 0x07}}, /* LOCK MOVZX */
    {A32,
     {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x8B,
      0x07}}, /* 16 bytes */
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct instruction got;

        if (run(refused[i].code, 16, refused[i].bits, &got) != DECODE_UNKNOWN)
            fail_msg("refused[%zu] is not refused", i);
    }
}

/* --- Any bytes ----------------------------------------------------------------------------------
 */

static uint64_t random64(void)
{
    static uint64_t state = 0x9E3779B97F4A7C15ull; /* xorshift */

    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* What must hold for `code`, of which `count` bytes are there: an answer that is not "too short"
 * does not change with more bytes; fewer than `length` bytes are too short. */
static enum decode_result check(const uint8_t *code, size_t count, unsigned bits)
{
    struct instruction whole, part;
    enum decode_result result = run(code, count, bits, &whole);

    if (result == DECODE_OK) {
        assert_in_range(whole.length, 1, count < 15 ? count : 15);
        assert_true(whole.width == 1 || whole.width == 2 || whole.width == 4 || whole.width == 8);
        assert_true(whole.reg < 16 || whole.reg == REGISTER_NONE);
        assert_true(!whole.high_byte || (whole.reg < 4 && whole.register_width == 1));
        assert_int_equal(run(code, whole.length, bits, &part), DECODE_OK);
        assert_memory_equal(&whole, &part, sizeof part);
        for (size_t i = 0; i < whole.length; i++)
            assert_int_equal(run(code, i, bits, &part), DECODE_TOO_SHORT);
    } else if (count > 0 && result == DECODE_TOO_SHORT)
        assert_int_equal(run(code, count - 1, bits, &part), DECODE_TOO_SHORT);
    return result;
}

static void test_one_and_two_bytes(void **state)
{
    (void)state;
    for (unsigned bits = 16; bits <= 64; bits *= 2) {
        for (unsigned n = 0; n < 0x10000; n++) {
            uint8_t code[2] = {(uint8_t)n, (uint8_t)(n >> 8)};

            check(code, 2, bits);
            if (n < 0x100)
                check(code, 1, bits);
        }
        check((const uint8_t *)"", 0, bits);
    }
}

/* Prefixes and known opcodes are frequent, so that all paths are taken. */
static uint8_t random_byte(void)
{
    static const uint8_t frequent[] = {0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E,
                                       0x64, 0x65, 0x41, 0x44, 0x48, 0x0F, 0x81, 0x83, 0x88,
                                       0x89, 0x8A, 0x8B, 0xC6, 0xC7, 0xF7, 0xFF, 0xA3, 0xAB};
    uint64_t random = random64();

    if (random >> 63)
        return (uint8_t)(random >> 8);
    return frequent[(random >> 8) % sizeof frequent];
}

static void test_random_bytes(void **state)
{
    unsigned results[3] = {0};

    (void)state;
    for (unsigned n = 0; n < 500000; n++) {
        uint8_t code[COUNT_MAX];
        size_t count = random64() % (COUNT_MAX + 1);

        for (size_t i = 0; i < COUNT_MAX; i++)
            code[i] = random_byte();
        results[check(code, count, 16u << random64() % 3)]++;
    }
    print_message("random bytes: %u known, %u unknown, %u too short\n", results[DECODE_OK],
                  results[DECODE_UNKNOWN], results[DECODE_TOO_SHORT]);
    for (unsigned i = 0; i < 3; i++)
        assert_true(results[i] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_one_and_two_bytes),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, allocate, release);
}
