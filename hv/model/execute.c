/*
 * model/execute.c: what an instruction makes of its operands and of the flags.
 * Source: SDM volume 2, the operations' own pages; volume 1, "Status Flags" (3.4.3.1) and
 * "General-Purpose Registers in 64-Bit Mode" (3.4.1.1).
 */
#include "model/decode.h"

#define FLAG_CF      0x001u
#define FLAG_PF      0x004u
#define FLAG_AF      0x010u
#define FLAG_ZF      0x040u
#define FLAG_SF      0x080u
#define FLAG_OF      0x800u
#define STATUS_FLAGS ((uint64_t)(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF))

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
static struct sum calculate(enum operation operation, uint64_t a, uint64_t b, uint64_t carry)
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
    case OP_ADC:
    case OP_INC:
    case OP_XADD:
        sum.result = a + b + (operation == OP_ADC ? carry : 0);
        sum.carries = (a & b) | ((a | b) & ~sum.result);
        sum.overflow = (a ^ sum.result) & (b ^ sum.result);
        break;
    default: /* SUB, SBB, DEC, CMP, SCAS, CMPS, CMPXCHG, NEG */
        sum.result = a - b - (operation == OP_SBB ? carry : 0);
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

/* Whether it leaves other flags than it finds, or a memory operand that depends on what is there:
 * neither the moves nor XCHG do. */
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

/* The flags of `changed` as they are in `sum`. */
static void set_flags(uint64_t *rflags, uint64_t changed, const struct sum *sum, unsigned width)
{
    *rflags = (*rflags & ~changed) | (flags_of(sum, width) & changed);
}

/* BT and its kin. Of the flags but CF the manual defines ZF alone, which stays. With a register as
 * bit offset the access may be beyond the operand that ModRM addresses; whoever knows where the
 * access was need not care. */
static uint64_t test_bit(enum operation operation, uint64_t value, uint64_t offset, unsigned width,
                         uint64_t *rflags)
{
    uint64_t bit = 1ull << (offset & (8 * width - 1));

    *rflags = (*rflags & ~(uint64_t)FLAG_CF) | (value & bit ? FLAG_CF : 0);
    switch (operation) {
    case OP_BTS:
        return value | bit;
    case OP_BTR:
        return value & ~bit;
    case OP_BTC:
        return value ^ bit;
    default:
        return value;
    }
}

/* By one bit. `carry` is CF before and after. */
static uint64_t shift_once(enum operation operation, uint64_t value, unsigned width,
                           uint64_t *carry)
{
    unsigned top = 8 * width - 1;
    uint64_t first = value >> top & 1, last = value & 1, before = *carry;

    if (operation == OP_ROL || operation == OP_RCL || operation == OP_SHL) {
        *carry = first;
        value <<= 1;
        return value | (operation == OP_ROL ? first : operation == OP_RCL ? before : 0);
    }
    *carry = last;
    value = (value & mask_of(width)) >> 1;
    if (operation == OP_SHR)
        return value;
    return value | (operation == OP_ROR ? last : operation == OP_RCR ? before : first) << top;
}

/* SDM, "RCL/RCR/ROL/ROR - Rotate" and "SAL/SAR/SHL/SHR - Shift". By more than one bit they leave OF
 * undefined: here it is what the last step would leave. Shifts leave AF undefined: 0. */
static uint64_t shift(enum operation operation, uint64_t value, uint64_t count, unsigned width,
                      uint64_t *rflags)
{
    struct sum sum = {value, 0, 0};
    uint64_t sign = 1ull << (8 * width - 1), carry = *rflags & FLAG_CF;
    bool left = operation == OP_ROL || operation == OP_RCL || operation == OP_SHL;

    count &= width == 8 ? 63 : 31;
    if (count == 0)
        return value;
    while (count-- > 0)
        sum.result = shift_once(operation, sum.result, width, &carry);
    sum.carries = carry ? sign : 0;
    sum.overflow = sum.result ^ (left ? sum.carries : sum.result << 1);
    set_flags(rflags, operation < OP_SHL ? FLAG_CF | FLAG_OF : STATUS_FLAGS, &sum, width);
    return sum.result;
}

/* SDM, "EFLAGS Condition Codes" (volume 1, appendix B): each odd code is the one before, negated.
 */
static bool condition(uint64_t code, uint64_t rflags)
{
    static const uint16_t any_of[] = {
        FLAG_OF, FLAG_CF, FLAG_ZF, FLAG_CF | FLAG_ZF, FLAG_SF, FLAG_PF, 0, FLAG_ZF,
    };
    bool less = ((rflags & FLAG_SF) != 0) != ((rflags & FLAG_OF) != 0);
    bool met = (rflags & any_of[code >> 1 & 7]) || (code >= 0xC && less);

    return met != (code & 1);
}

/* Result and flags of the operations that compute. */
static uint64_t compute(const struct instruction *instruction, uint64_t first, uint64_t second,
                        uint64_t *rflags)
{
    enum operation operation = instruction->operation;
    uint64_t changed = STATUS_FLAGS;
    struct sum sum;

    if (operation == OP_NOT)
        return ~first;
    if (operation == OP_BT || (operation >= OP_BTS && operation <= OP_BTC))
        return test_bit(operation, first, second, instruction->width, rflags);
    if (operation >= OP_ROL && operation <= OP_SAR)
        return shift(operation, first, second, instruction->width, rflags);
    if (operation == OP_NEG) {
        second = first;
        first = 0;
    }
    if (operation == OP_INC || operation == OP_DEC)
        changed &= ~(uint64_t)FLAG_CF;
    sum = calculate(operation, first, second, *rflags & FLAG_CF);
    set_flags(rflags, changed, &sum, instruction->width);
    return sum.result;
}

/* SDM, "CMPXCHG - Compare and Exchange": memory is written in any case. */
static void compare_exchange(const struct instruction *instruction, const struct operands *operands,
                             uint64_t operand, struct outcome *outcome)
{
    uint64_t memory = extend(instruction, operands->memory), mask = mask_of(instruction->width);
    bool equal;

    compute(instruction, operands->rax, memory, &outcome->rflags);
    equal = (outcome->rflags & FLAG_ZF) != 0;
    outcome->writes_memory = true;
    outcome->writes_register = !equal;
    outcome->memory = (equal ? operand : memory) & mask;
    outcome->value = instruction->width == 4 ? memory : (operands->rax & ~mask) | memory;
}

void execute(const struct instruction *instruction, const struct operands *operands,
             struct outcome *outcome)
{
    enum operation operation = instruction->operation;
    bool to_memory = instruction->to_memory;
    bool has_result = operation != OP_TEST && operation != OP_CMP && operation != OP_BT &&
                      operation != OP_SCAS && operation != OP_CMPS;
    uint64_t memory = extend(instruction, operands->memory), result;
    uint64_t operand = instruction->high_byte ? operands->value >> 8 : operands->value;

    if (instruction->reg == REGISTER_NONE && operation < OP_SCAS)
        operand = instruction->immediate;
    outcome->rflags = operands->rflags;
    if (operation == OP_CMPXCHG) {
        compare_exchange(instruction, operands, operand, outcome);
        return;
    }
    if (operation == OP_SET)
        operand = condition(instruction->immediate, operands->rflags);
    if (computes(instruction))
        result = compute(instruction, to_memory ? memory : operand, to_memory ? operand : memory,
                         &outcome->rflags);
    else
        result = to_memory ? operand : memory;
    outcome->writes_memory = to_memory && has_result;
    outcome->writes_register =
        (!to_memory && has_result) || operation == OP_XCHG || operation == OP_XADD;
    outcome->memory = result & mask_of(instruction->width);
    if (operation == OP_XCHG || operation == OP_XADD)
        result = memory;
    outcome->value = merge(instruction, operands->value, result);
}

bool instruction_has_source(const struct instruction *instruction)
{
    enum operation operation = instruction->operation;

    return operation != OP_STOS && operation != OP_SCAS && operation != OP_INS;
}

bool instruction_has_destination(const struct instruction *instruction)
{
    return instruction->operation != OP_LODS && instruction->operation != OP_OUTS;
}
