/*
 * test_execute_host.c: every form that decode() knows, against the processor that runs this test.
 * All one- and two-byte opcodes, with each ModRM.reg and several prefixes, are written into a page
 * that can be executed; what decode() accepts is executed there, on ordinary memory, and memory,
 * registers and the flags that the manual defines must be what execute() makes of the same.
 * tests/unit/test_execute.c has fewer forms and more operands.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "model/decode.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define FLAG_CF      0x001u
#define FLAG_ZF      0x040u
#define FLAG_AF      0x010u
#define FLAG_OF      0x800u
#define STATUS_FLAGS 0x8D5u /* CF, PF, AF, ZF, SF, OF */

#define RAX   0
#define RCX   1
#define RBX   3
#define RDI   7
#define R10   10
#define CASES 500 /* of each form */

/* What an instruction finds and leaves. RSI points to cells[1]; RDI does when a string uses it, to
 * cells[5]. The cells around them show a stray access, and are what BT reaches. */
struct state {
    uint64_t cells[8], regs[16], rflags;
} __attribute__((aligned(64)));

static uint8_t *code;

static __attribute__((noipa)) void run_host(struct state *s)
{
    register uint64_t r10 __asm__("r10") = s->regs[R10];
    register uint64_t flags __asm__("r8") = s->rflags;
    register uint8_t *entry __asm__("r9") = code;

    __asm__ volatile("sub $128, %%rsp\n\t" /* below is the compiler's red zone */
                     "push %[flags]\n\t"
                     "popfq\n\t"
                     "call *%[entry]\n\t"
                     "pushfq\n\t"
                     "pop %[flags]\n\t"
                     "lea 128(%%rsp), %%rsp"
                     : "+a"(s->regs[RAX]), "+b"(s->regs[RBX]), "+c"(s->regs[RCX]), "+d"(s->regs[2]),
                       "+S"(s->regs[6]), "+D"(s->regs[RDI]),
                       "+r"(r10), [flags] "+r"(flags), [entry] "+r"(entry)
                     :
                     : "cc", "memory", "r11");
    s->regs[R10] = r10;
    s->rflags = flags;
}

static uint64_t random64(void)
{
    static uint64_t state = 0x9E3779B97F4A7C15ull; /* xorshift */

    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static uint64_t interesting(void)
{
    static const uint64_t edges[] = {0,          1,           0x7F,       0x80,
                                     0xFF,       0x7FFF,      0x8000,     0xFFFF,
                                     0x7FFFFFFF, 0x80000000u, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF,
                                     1ull << 63, ~0ull,       ~0xFull,    0xFFFFFFFF00000000};
    uint64_t random = random64();

    return random >> 63 ? edges[random & 15] : random64() >> (random & 63);
}

static bool is_between(const struct instruction *i, enum operation first, enum operation last)
{
    return i->operation >= first && i->operation <= last;
}

static bool is_bit_test(const struct instruction *i)
{
    return i->operation == OP_BT || is_between(i, OP_BTS, OP_BTC);
}

/* The flags that the manual defines after the instruction. */
static uint64_t defined_flags(const struct instruction *i, const struct state *before)
{
    uint64_t count = i->reg == RCX ? before->regs[RCX] & 0xFF : i->immediate;

    if (is_bit_test(i))
        return FLAG_CF | FLAG_ZF;
    if (is_between(i, OP_AND, OP_XOR) || i->operation == OP_TEST)
        return STATUS_FLAGS & ~FLAG_AF;
    if (!is_between(i, OP_ROL, OP_SAR))
        return STATUS_FLAGS;
    count &= i->width == 8 ? 63 : 31;
    if (count == 0)
        return STATUS_FLAGS;
    return STATUS_FLAGS & ~(count > 1 ? FLAG_OF : 0u) &
           ~(is_between(i, OP_SHL, OP_SAR) ? FLAG_AF : 0u) &
           ~(is_between(i, OP_SHL, OP_SHR) && count >= 8u * i->width ? FLAG_CF : 0u);
}

/* The first byte of the memory operand. With a register, BT and its kin count bits from there. */
static uint8_t *place_of(const struct instruction *i, struct state *s, const struct state *before)
{
    bool at_rdi = instruction_is_string(i) && instruction_has_destination(i);
    uint8_t *place = (uint8_t *)&s->cells[at_rdi ? 5 : 1];
    int64_t bits;

    if (!is_bit_test(i) || i->reg == REGISTER_NONE)
        return place;
    bits = (int64_t)(before->regs[i->reg] << (64 - 8 * i->width)) >> (64 - 8 * i->width);
    return place + (bits >> (i->width == 8 ? 6 : i->width == 4 ? 5 : 4)) * i->width;
}

static void model(const struct instruction *i, struct state *s)
{
    const struct state before = *s;
    uint8_t *place = place_of(i, s, &before);
    struct operands operands = {.rflags = s->rflags, .rax = s->regs[RAX]};
    struct outcome outcome;

    if (i->operation == OP_MOVS || i->operation == OP_CMPS)
        memcpy(&operands.value, &s->cells[1], i->width);
    else
        operands.value = i->reg == REGISTER_NONE ? 0 : s->regs[i->reg];
    if (instruction_reads_memory(i))
        memcpy(&operands.memory, place, i->width);
    execute(i, &operands, &outcome);
    if (outcome.writes_memory)
        memcpy(place, &outcome.memory, i->width);
    if (outcome.writes_register)
        s->regs[i->operation == OP_CMPXCHG ? RAX : i->reg] = outcome.value;
    s->rflags = outcome.rflags;
    if (!instruction_is_string(i))
        return;
    s->regs[6] += instruction_has_source(i) ? i->width : 0;
    s->regs[RDI] += instruction_has_destination(i) ? i->width : 0;
}

static void check(const struct instruction *i, struct state *shared)
{
    struct state before = *shared, real;
    uint64_t flags = defined_flags(i, &before);

    run_host(shared);
    real = *shared;
    *shared = before;
    model(i, shared);
    if (memcmp(real.cells, shared->cells, sizeof real.cells) == 0 &&
        memcmp(real.regs, shared->regs, sizeof real.regs) == 0 &&
        ((real.rflags ^ shared->rflags) & flags) == 0)
        return;
    for (unsigned k = 0; k < 8; k++)
        print_message("cell %u: %lx, processor %lx, execute() %lx\n", k, before.cells[k],
                      real.cells[k], shared->cells[k]);
    for (unsigned k = 0; k < 16; k++)
        print_message("register %u: %lx, processor %lx, execute() %lx\n", k, before.regs[k],
                      real.regs[k], shared->regs[k]);
    fail_msg("%02x %02x %02x %02x %02x %02x: flags %lx, processor %lx, execute() %lx, of which "
             "%lx are defined",
             code[0], code[1], code[2], code[3], code[4], code[5], before.rflags, real.rflags,
             shared->rflags, flags);
}

/* Whether run_host() has the registers that it uses: RSP, RBP and others must stay. */
static bool can_run(const struct instruction *i)
{
    if (i->operation == OP_PUSH || i->operation == OP_POP || i->operation == OP_INS ||
        i->operation == OP_OUTS || i->address_width != 8 || i->segment >= SEG_FS)
        return false;
    return i->reg == REGISTER_NONE || i->reg < 4 || i->reg == R10 ||
           (i->reg == RDI && !instruction_is_string(i));
}

static void run_form(const struct instruction *i)
{
    static struct state s;

    for (unsigned n = 0; n < CASES; n++) {
        for (unsigned k = 0; k < 8; k++)
            s.cells[k] = interesting();
        for (unsigned k = 0; k < 16; k++)
            s.regs[k] = n % 8 == 0 ? s.cells[1] : interesting();
        if (n % 8 == 1) /* a comparison that finds them equal */
            s.regs[RAX] = s.cells[5] = s.cells[1];
        if (is_bit_test(i) && i->reg != REGISTER_NONE) /* three operands from the first on */
            s.regs[i->reg] = s.regs[i->reg] % (3 * 8 * i->width) - 8 * i->width;
        s.regs[6] = (uint64_t)&s.cells[1];
        if (instruction_is_string(i))
            s.regs[RDI] = (uint64_t)&s.cells[5];
        s.rflags = 0x202 | (random64() & STATUS_FLAGS);
        check(i, &s);
    }
}

/* Puts prefix, opcode, ModRM ([rsi]), and an immediate (or an address) into the page. */
static void write_code(unsigned prefix, unsigned opcode, unsigned reg)
{
    static const uint8_t prefixes[][2] = {{0},    {0x66},       {0x48}, {0x40},      {0x44},
                                          {0x4C}, {0x66, 0x44}, {0xF0}, {0xF0, 0x4C}};
    uint8_t *at = code;

    for (unsigned k = 0; k < 2; k++) {
        if (prefixes[prefix][k] != 0)
            *at++ = prefixes[prefix][k];
    }
    if (opcode > 0xFF)
        *at++ = 0x0F;
    *at++ = (uint8_t)opcode;
    *at++ = (uint8_t)(reg << 3 | 6);
    for (unsigned k = 0; k < 8; k++)
        *at++ = (uint8_t)interesting();
}
#define PREFIXES 9

/* What is no opcode but a prefix, or the first byte of two. */
static bool is_prefix(unsigned byte)
{
    return (byte & 0xE7) == 0x26 || (byte & 0xF0) == 0x40 || (byte & 0xFC) == 0x64 ||
           byte == 0xF0 || (byte & 0xFE) == 0xF2 || byte == 0x0F;
}

static void test_every_form(void **state)
{
    unsigned forms = 0, of_operation[OP_OUTS + 1] = {0};

    (void)state;
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(code != MAP_FAILED);
    for (unsigned n = 0; n < PREFIXES * 0x200 * 8; n++) {
        unsigned opcode = n / 8 % 0x200;
        struct instruction i;

        write_code(n / 0x1000, opcode, n % 8);
        if (is_prefix(opcode) || (opcode & ~3u) == 0xA0) /* an address: test_execute.c */
            continue;
        if (decode(code, 15, 64, &i) != DECODE_OK || !can_run(&i))
            continue;
        code[i.length] = 0xC3; /* RET */
        forms++;
        of_operation[i.operation]++;
        run_form(&i);
    }
    print_message("%u forms, %u cases\n", forms, forms * CASES);
    for (unsigned k = 0; k <= OP_OUTS; k++)
        assert_true(of_operation[k] > 0 || k == OP_PUSH || k == OP_POP || k == OP_INS ||
                    k == OP_OUTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_form)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
