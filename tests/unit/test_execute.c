/*
 * test_execute.c: decode() and execute() against the processor that runs this test. Each
 * instruction below is in this program once; it is run for many operands, and its own bytes are
 * given to decode(), so that registers, memory and flags must agree with what the hardware did.
 * 8-bit operands: all values. Wider ones: edges and random values.
 */
#include "model/decode.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define STATUS_FLAGS 0x8D5u /* CF, PF, AF, ZF, SF, OF */
#define FLAG_CF      0x001u
#define FLAG_AF      0x010u
#define FLAG_OF      0x800u

/* What an instruction finds and leaves. */
struct state {
    uint64_t memory, rax, rbx, rdi, r12, rflags;
};

/* SAHF and LAHF reach all status flags but OF, which no instruction here reads: only its new value
 * matters, and that is what SETO is for. No PUSHF: it would write below the compiler's stack. */
#define DEFINE(number, text)                                                                       \
    extern const uint8_t start_##number[], end_##number[];                                         \
    static __attribute__((noipa)) void run_##number(struct state *s)                               \
    {                                                                                              \
        uint64_t flags = (s->rflags & 0xFF) << 8 | 2u << 8;                                        \
        register uint64_t r12 __asm__("r12") = s->r12;                                             \
        __asm__ volatile("sahf\n\t"                                                                \
                         "start_" #number ": " text "\n"                                           \
                         "end_" #number ": lahf\n\tseto %%al"                                      \
                         : "+a"(flags), "+b"(s->rbx), "+D"(s->rdi), "+r"(r12), "+m"(s->memory)     \
                         : "S"(&s->memory)                                                         \
                         : "cc");                                                                  \
        s->r12 = r12;                                                                              \
        s->rflags = (flags >> 8 & 0xFF) | (flags & 1 ? FLAG_OF : 0);                               \
    }

/* X(number, text). Operands: (%rsi) is the memory; BL, BH, DIL, R12 and their wider forms. */
#define ARITHMETIC(X, n, op)                                                                       \
    X(n##00, op "b %%bl, (%%rsi)")                                                                 \
    X(n##01, op "b %%bh, (%%rsi)")                                                                 \
    X(n##02, op "b %%dil, (%%rsi)")                                                                \
    X(n##03, op "b %%r12b, (%%rsi)")                                                               \
    X(n##04, op "w %%bx, (%%rsi)")                                                                 \
    X(n##05, op "l %%edi, (%%rsi)")                                                                \
    X(n##06, op "q %%r12, (%%rsi)")                                                                \
    X(n##07, op "b $0x7F, (%%rsi)")                                                                \
    X(n##08, op "b $0x80, (%%rsi)")                                                                \
    X(n##09, op "b $1, (%%rsi)")                                                                   \
    X(n##10, op "w $0x1234, (%%rsi)")                                                              \
    X(n##11, op "l $0x89ABCDEF, (%%rsi)")                                                          \
    X(n##12, op "q $-0x12345678, (%%rsi)")
#define ARITHMETIC_LOAD(X, n, op) /* what TEST does not have */                                    \
    X(n##20, op "b (%%rsi), %%bl")                                                                 \
    X(n##21, op "b (%%rsi), %%bh")                                                                 \
    X(n##22, op "b (%%rsi), %%dil")                                                                \
    X(n##23, op "w (%%rsi), %%r12w")                                                               \
    X(n##24, op "l (%%rsi), %%ebx")                                                                \
    X(n##25, op "q (%%rsi), %%rdi")                                                                \
    X(n##26, op "w $-2, (%%rsi)")                                                                  \
    X(n##27, op "l $0x7F, (%%rsi)")                                                                \
    X(n##28, op "q $-128, (%%rsi)")
#define ONE_OPERAND(X, n, op)                                                                      \
    X(n##00, op "b (%%rsi)")                                                                       \
    X(n##01, op "w (%%rsi)")                                                                       \
    X(n##02, op "l (%%rsi)")                                                                       \
    X(n##03, op "q (%%rsi)")
#define EXTEND(X, n, op)                                                                           \
    X(n##00, op "bw (%%rsi), %%bx")                                                                \
    X(n##01, op "bl (%%rsi), %%edi")                                                               \
    X(n##02, op "bq (%%rsi), %%r12")                                                               \
    X(n##03, op "wl (%%rsi), %%ebx")                                                               \
    X(n##04, op "wq (%%rsi), %%rdi")
#define OTHERS(X)                                                                                  \
    X(9000, "xchgb %%bl, (%%rsi)")                                                                 \
    X(9001, "xchgb %%bh, (%%rsi)")                                                                 \
    X(9002, "xchgb (%%rsi), %%dil")                                                                \
    X(9003, "xchgw %%r12w, (%%rsi)")                                                               \
    X(9004, "xchgl %%ebx, (%%rsi)")                                                                \
    X(9005, "xchgq %%rdi, (%%rsi)")                                                                \
    X(9006, "movslq (%%rsi), %%rbx")                                                               \
    X(9007, ".byte 0x63, 0x1E" /* MOVSXD EBX, [RSI] */)                                            \
    X(9008, "lock addl %%ebx, (%%rsi)")                                                            \
    X(9009, "lock orb $0x11, (%%rsi)")                                                             \
    X(9010, "lock decl (%%rsi)")
#define ALL(X)                                                                                     \
    ARITHMETIC(X, 1, "add")                                                                        \
    ARITHMETIC_LOAD(X, 1, "add")                                                                   \
    ARITHMETIC(X, 2, "or")                                                                         \
    ARITHMETIC_LOAD(X, 2, "or")                                                                    \
    ARITHMETIC(X, 3, "and")                                                                        \
    ARITHMETIC_LOAD(X, 3, "and")                                                                   \
    ARITHMETIC(X, 4, "sub")                                                                        \
    ARITHMETIC_LOAD(X, 4, "sub")                                                                   \
    ARITHMETIC(X, 5, "xor")                                                                        \
    ARITHMETIC_LOAD(X, 5, "xor")                                                                   \
    ARITHMETIC(X, 6, "cmp")                                                                        \
    ARITHMETIC_LOAD(X, 6, "cmp")                                                                   \
    ARITHMETIC(X, 7, "test")                                                                       \
    ARITHMETIC(X, 8, "mov")                                                                        \
    ARITHMETIC_LOAD(X, 8, "mov")                                                                   \
    ONE_OPERAND(X, 10, "inc")                                                                      \
    ONE_OPERAND(X, 11, "dec")                                                                      \
    EXTEND(X, 12, "movz")                                                                          \
    EXTEND(X, 13, "movs")                                                                          \
    OTHERS(X)

ALL(DEFINE)

static const struct {
    const char *text;
    void (*run)(struct state *);
    const uint8_t *start, *end;
} instructions[] = {
#define ROW(number, text) {text, run_##number, start_##number, end_##number},
    ALL(ROW)
#undef ROW
};
#define COUNT (sizeof instructions / sizeof instructions[0])

static uint64_t cases;

static uint64_t random64(void)
{
    static uint64_t state = 0x9E3779B97F4A7C15ull; /* xorshift */

    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static uint64_t *register_of(struct state *state, unsigned reg)
{
    switch (reg) {
    case 0:
        return &state->rax;
    case 3:
        return &state->rbx;
    case 7:
        return &state->rdi;
    case 12:
        return &state->r12;
    default:
        return NULL;
    }
}

static bool is_logical(enum operation operation)
{
    return operation == OP_AND || operation == OP_OR || operation == OP_XOR || operation == OP_TEST;
}

/* What the model makes of `state`. Only `width` bytes of memory are given to it, and written. */
static void model(const struct instruction *instruction, struct state *state)
{
    uint64_t mask = ~0ull >> (64 - 8 * instruction->width);
    uint64_t *reg = register_of(state, instruction->reg);
    bool reads = instruction_reads_memory(instruction);
    struct outcome outcome;

    execute(instruction,
            &(struct operands){reads ? state->memory & mask : 0, reg ? *reg : 0, state->rflags,
                               state->rax},
            &outcome);
    assert_true(!outcome.writes_memory || instruction->to_memory);
    if (outcome.writes_memory) {
        assert_int_equal(outcome.memory & ~mask, 0);
        state->memory = (state->memory & ~mask) | outcome.memory;
    }
    if (outcome.writes_register) {
        assert_non_null(reg);
        *reg = outcome.value;
    }
    state->rflags = outcome.rflags;
}

static void check(size_t i, const struct instruction *instruction, const struct state *before)
{
    struct state real = *before, mine = *before;
    uint64_t flags = STATUS_FLAGS & ~(is_logical(instruction->operation) ? FLAG_AF : 0u);

    cases++;
    instructions[i].run(&real);
    model(instruction, &mine);
    if (instruction->operation <= OP_XCHG) /* OF must stay, but `before` could not set it */
        flags &= ~(uint64_t)FLAG_OF;
    if (real.memory == mine.memory && real.rbx == mine.rbx && real.rdi == mine.rdi &&
        real.r12 == mine.r12 && ((real.rflags ^ mine.rflags) & flags) == 0 &&
        ((mine.rflags ^ before->rflags) & ~(uint64_t)STATUS_FLAGS) == 0)
        return;
    fail_msg("%s: memory %lx, rbx %lx, rdi %lx, r12 %lx, flags %lx: the processor makes memory "
             "%lx, rbx %lx, rdi %lx, r12 %lx, flags %lx of it, execute() %lx, %lx, %lx, %lx, %lx",
             instructions[i].text, before->memory, before->rbx, before->rdi, before->r12,
             before->rflags, real.memory, real.rbx, real.rdi, real.r12, real.rflags, mine.memory,
             mine.rbx, mine.rdi, mine.r12, mine.rflags);
}

static void decode_row(size_t i, struct instruction *instruction)
{
    size_t length = (size_t)(instructions[i].end - instructions[i].start);

    if (decode(instructions[i].start, length, 64, instruction) != DECODE_OK)
        fail_msg("%s: decode() does not know it", instructions[i].text);
    assert_int_equal(instruction->length, length);
}

/* All pairs of bytes, with CF and without, in surroundings that would show a stray write. */
static void test_all_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        struct instruction instruction;

        decode_row(i, &instruction);
        if (instruction.width != 1)
            continue;
        for (unsigned n = 0; n < 0x20000; n++) {
            uint64_t r = (n >> 8 & 0xFF) | (~(uint64_t)n & 0xFF) << 16;
            struct state before = {.memory = (0xA5A5A5A5A5A5A500ull | (n & 0xFF)),
                                   .rflags = 0x202 | n >> 16};

            if (instruction.reg == REGISTER_NONE && (n & 0xFF00) != 0)
                continue;
            r = instruction.high_byte ? r << 8 | 0x5A : r;
            before.rbx = before.rdi = before.r12 = r | 0xC3C3C3C300000000ull;
            check(i, &instruction, &before);
        }
    }
    print_message("%lu cases with 8-bit operands\n", cases);
}

static uint64_t interesting(void)
{
    static const uint64_t edges[] = {0,          1,           0x7F,       0x80,
                                     0xFF,       0x7FFF,      0x8000,     0xFFFF,
                                     0x7FFFFFFF, 0x80000000u, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF,
                                     1ull << 63, ~0ull,       ~0xFull,    0xFFFFFFFF00000000};
    uint64_t random = random64();

    switch (random >> 60) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        return edges[random & 15];
    case 5:
        return edges[random & 15] + (random >> 8 & 0xF);
    default:
        return random64();
    }
}

static void test_random_operands(void **state)
{
    (void)state;
    cases = 0;
    for (size_t i = 0; i < COUNT; i++) {
        struct instruction instruction;

        decode_row(i, &instruction);
        for (unsigned n = 0; n < 5000; n++) {
            struct state before = {.memory = interesting(),
                                   .rbx = interesting(),
                                   .rdi = interesting(),
                                   .r12 = interesting(),
                                   .rflags = 0x202 | (random64() & 0xD5)};

            if (n % 8 == 0)
                before.rbx = before.rdi = before.r12 = before.memory;
            check(i, &instruction, &before);
        }
    }
    print_message("%lu cases with random operands of all widths\n", cases);
}

/* The accumulator's own forms, which SAHF and LAHF keep from the test above. */
static void test_accumulator(void **state)
{
    static const uint8_t code[][10] = {
        {0xA2},       /* MOV [moffs8], AL */
        {0x66, 0xA3}, /* MOV [moffs16], AX */
        {0xA3},       {0x48, 0xA3}, {0xAA}, {0x66, 0xAB}, {0xAB}, {0x48, 0xAB},
    };
    static const uint64_t rax = 0x8877665544332211ull;

    (void)state;
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        struct instruction instruction;
        struct outcome outcome;
        unsigned width = 1u << i % 4;
        uint64_t mask = ~0ull >> (64 - 8 * width);

        assert_int_equal(decode(code[i], 10, 64, &instruction), DECODE_OK);
        assert_false(instruction_reads_memory(&instruction));
        execute(&instruction, &(struct operands){0, rax, 0x8D7, rax}, &outcome);
        assert_true(outcome.writes_memory && !outcome.writes_register);
        assert_int_equal(outcome.memory, rax & mask);
        assert_int_equal(outcome.rflags, 0x8D7);
    }
}

static void test_loads_of_the_accumulator(void **state)
{
    static const struct {
        uint8_t code[10];
        uint64_t rax;
    } rows[] = {
        {{0xA0}, 0x8877665544332288}, /* MOV AL, [moffs8] */
        {{0x66, 0xA1}, 0x8877665544336688}, {{0xA1}, 0x0000000022446688},
        {{0x48, 0xA1}, 0xEECCAA0022446688}, {{0xAC}, 0x8877665544332288}, /* LODS */
        {{0x66, 0xAD}, 0x8877665544336688}, {{0xAD}, 0x0000000022446688},
        {{0x48, 0xAD}, 0xEECCAA0022446688},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct instruction instruction;
        struct outcome outcome;

        assert_int_equal(decode(rows[i].code, 10, 64, &instruction), DECODE_OK);
        assert_true(instruction_reads_memory(&instruction));
        execute(&instruction, &(struct operands){0xEECCAA0022446688, 0x8877665544332211, 0x8D7, 0},
                &outcome);
        assert_true(outcome.writes_register && !outcome.writes_memory);
        assert_int_equal(outcome.value, rows[i].rax);
        assert_int_equal(outcome.rflags, 0x8D7);
    }
}

/* `value` is what the caller read from the source; it comes out as what to write. */
static void test_movs(void **state)
{
    static const uint8_t code[][2] = {{0xA4}, {0x66, 0xA5}, {0xA5}, {0x48, 0xA5}};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct instruction instruction;
        struct outcome outcome;

        assert_int_equal(decode(code[i], 2, 64, &instruction), DECODE_OK);
        assert_false(instruction_reads_memory(&instruction));
        execute(&instruction, &(struct operands){0x77, 0x8877665544332211, 0x8D7, 0}, &outcome);
        assert_true(outcome.writes_memory && !outcome.writes_register);
        assert_int_equal(outcome.memory, 0x8877665544332211 & ~0ull >> (64 - (8u << i)));
        assert_int_equal(outcome.rflags, 0x8D7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_bytes),   cmocka_unit_test(test_random_operands),
        cmocka_unit_test(test_accumulator), cmocka_unit_test(test_loads_of_the_accumulator),
        cmocka_unit_test(test_movs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
