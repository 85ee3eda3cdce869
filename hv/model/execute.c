/*
 * model/execute.c: what an instruction makes of its operands and of the flags.
 * Source: SDM volume 2, the operations' own pages; volume 1, "Status Flags" (3.4.3.1) and
 * "General-Purpose Registers in 64-Bit Mode" (3.4.1.1).
 */
#include "model/decode.h"

#define FLAG_CF 0x001u
#define FLAG_PF 0x004u
#define FLAG_AF 0x010u
#define FLAG_ZF 0x040u
#define FLAG_SF 0x080u
#define FLAG_OF 0x800u

static uint64_t mask_of(unsigned width)
{
    return ~0ull >> (64 - 8 * width);
}

/* Two operands and a result, each cut to the operation's width. `carries` has, in each bit, whether
 * a carry (of a subtraction: a borrow) left that position; `overflow` has the sign's in its place.
 */
struct sum {
    uint64_t result, carries, overflow;
};

/* The logical operations clear CF and OF. They leave AF undefined: it is 0 here. */
static struct sum calculate(enum operation operation, uint64_t a, uint64_t b)
{
    struct sum sum = {0, 0, 0};

    switch (operation) {
    case OP_AND:
    case OP_TEST:
        sum.result = a & b;
        break;
    case OP_OR:
        sum.result = a | b;
        break;
    case OP_XOR:
        sum.result = a ^ b;
        break;
    case OP_ADD:
    case OP_INC:
        sum.result = a + b;
        sum.carries = (a & b) | ((a | b) & ~sum.result);
        sum.overflow = (a ^ sum.result) & (b ^ sum.result);
        break;
    default: /* SUB, DEC, CMP */
        sum.result = a - b;
        sum.carries = (~a & b) | ((~a | b) & sum.result);
        sum.overflow = (a ^ b) & (a ^ sum.result);
        break;
    }
    return sum;
}

static uint64_t flags_of(const struct sum *sum, unsigned width)
{
    uint64_t sign = 1ull << (8 * width - 1), flags = 0;

    if (sum->carries & sign)
        flags |= FLAG_CF;
    if (!__builtin_parity((uint8_t)sum->result))
        flags |= FLAG_PF;
    if (sum->carries & 0x8u) /* out of bit 3 */
        flags |= FLAG_AF;
    if ((sum->result & mask_of(width)) == 0)
        flags |= FLAG_ZF;
    if (sum->result & sign)
        flags |= FLAG_SF;
    if (sum->overflow & sign)
        flags |= FLAG_OF;
    return flags;
}

/* 32 bits clear the upper half, 8 and 16 bits leave the rest of the register as it is. */
static uint64_t merge(const struct instruction *instruction, uint64_t old, uint64_t result)
{
    unsigned width = instruction->register_width;
    uint64_t mask = mask_of(width);

    if (width == 4)
        return result & mask;
    if (instruction->high_byte) {
        mask <<= 8;
        result <<= 8;
    }
    return (old & ~mask) | (result & mask);
}

/* Whether it leaves other flags than it finds: neither the moves nor XCHG do. */
static bool computes(const struct instruction *instruction)
{
    return instruction->operation > OP_XCHG && instruction->operation < OP_STOS;
}

bool instruction_reads_memory(const struct instruction *instruction)
{
    return !instruction->to_memory || instruction->operation == OP_XCHG || computes(instruction);
}

/* What the memory operand is when it has come into a register. */
static uint64_t extend(const struct instruction *instruction, uint64_t memory)
{
    uint64_t mask = mask_of(instruction->width);

    memory &= mask;
    if (instruction->operation == OP_MOVSX && memory > mask / 2)
        memory |= ~mask;
    return memory;
}

/* Result and flags of the operations that compute. */
static uint64_t compute(const struct instruction *instruction, uint64_t first, uint64_t second,
                        uint64_t *rflags)
{
    struct sum sum = calculate(instruction->operation, first, second);
    uint64_t changed = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF;

    if (instruction->operation == OP_INC || instruction->operation == OP_DEC)
        changed &= ~(uint64_t)FLAG_CF;
    *rflags = (*rflags & ~changed) | (flags_of(&sum, instruction->width) & changed);
    return sum.result;
}

void execute(const struct instruction *instruction, const struct operands *operands,
             struct outcome *outcome)
{
    enum operation operation = instruction->operation;
    bool to_memory = instruction->to_memory;
    bool has_result = operation != OP_TEST && operation != OP_CMP;
    uint64_t memory = extend(instruction, operands->memory), result;
    uint64_t operand = instruction->high_byte ? operands->value >> 8 : operands->value;

    if (instruction->reg == REGISTER_NONE && operation != OP_MOVS)
        operand = instruction->immediate;
    outcome->rflags = operands->rflags;
    if (computes(instruction))
        result = compute(instruction, to_memory ? memory : operand, to_memory ? operand : memory,
                         &outcome->rflags);
    else
        result = to_memory ? operand : memory;
    outcome->writes_memory = to_memory && has_result;
    outcome->writes_register = (!to_memory && has_result) || operation == OP_XCHG;
    outcome->memory = result & mask_of(instruction->width);
    if (operation == OP_XCHG)
        result = memory;
    outcome->value = merge(instruction, operands->value, result);
}
