/*
 * decode.c: model/decode.c and model/execute.c, with any bytes as an instruction.
 */
#include "model/decode.h"
#include "fuzz.h"

#define STATUS_FLAGS 0x8D5ull

/* In memory of just this size, so that AddressSanitizer sees a read past the end. */
static enum decode_result run(const uint8_t *bytes, size_t count, unsigned code_bits,
                              struct instruction *instruction)
{
    uint8_t *copy = malloc(count + 1);
    enum decode_result result;

    memcpy(copy + 1, bytes, count);
    result = decode(copy + 1, count, code_bits, instruction);
    free(copy);
    return result;
}

static bool is_width(unsigned width)
{
    return width == 1 || width == 2 || width == 4 || width == 8;
}

static bool is_same(const struct instruction *a, const struct instruction *b)
{
    return a->operation == b->operation && a->length == b->length && a->width == b->width &&
           a->register_width == b->register_width && a->address_width == b->address_width &&
           a->reg == b->reg && a->high_byte == b->high_byte && a->to_memory == b->to_memory &&
           a->repeat == b->repeat && a->lock == b->lock && a->segment == b->segment &&
           a->immediate == b->immediate;
}

static void claim_instruction(const struct instruction *i, unsigned code_bits)
{
    CLAIM(i->operation <= OP_OUTS);
    CLAIM(is_width(i->width) && is_width(i->register_width));
    /* CL, by which a shift shifts, is a byte. */
    CLAIM(i->width <= i->register_width || (i->operation >= OP_ROL && i->operation <= OP_SAR));
    CLAIM(code_bits == 64 || (i->register_width <= 4 && i->address_width <= 4));
    CLAIM(code_bits != 64 || i->address_width >= 4);
    CLAIM(i->address_width == 2 || i->address_width == 4 || i->address_width == 8);
    CLAIM(i->reg == REGISTER_NONE || i->reg < (code_bits == 64 ? 16 : 8));
    CLAIM(!i->high_byte || (i->register_width == 1 && i->reg < 4));
    CLAIM(i->segment <= SEG_GS);
    CLAIM(i->repeat <= REPEAT_UNEQUAL);
    CLAIM(!i->lock || (i->to_memory && i->operation >= OP_XCHG && i->operation <= OP_DEC));
    CLAIM(i->reg == REGISTER_NONE || i->immediate == 0);
}

static void claim_outcome(const struct instruction *i, const struct operands *given)
{
    struct operands other = *given;
    struct outcome outcome, again;
    uint64_t mask = ~0ull >> (64 - 8 * i->width);

    execute(i, given, &outcome);
    CLAIM((outcome.memory & ~mask) == 0);
    CLAIM(((outcome.rflags ^ given->rflags) & ~STATUS_FLAGS) == 0);
    CLAIM(!outcome.writes_memory || i->to_memory);
    /* PUSH and OUTS: `value` goes where the caller knows. */
    CLAIM(!outcome.writes_register || i->reg != REGISTER_NONE || i->operation == OP_PUSH ||
          i->operation == OP_OUTS);
    /* What is beyond the memory operand does not count, nor a destination that is not read. */
    other.memory =
        instruction_reads_memory(i) ? given->memory ^ (~mask & 0xA5A5A5A5A5A5A5A5) : ~given->memory;
    execute(i, &other, &again);
    CLAIM(again.rflags == outcome.rflags);
    CLAIM(!outcome.writes_memory || again.memory == outcome.memory);
    CLAIM(!outcome.writes_register || again.value == outcome.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned modes[] = {16, 32, 64, 64};
    uint8_t longer[64] = {0};
    struct instruction whole, part;
    enum decode_result result;
    unsigned code_bits;
    size_t count;

    if (size < 34)
        return 0;
    struct input input = {data, 33};
    code_bits = modes[take(&input, 1) & 3];
    struct operands operands = {take(&input, 8), take(&input, 8), take(&input, 8), take(&input, 8)};
    count = size - 33 < 32 ? size - 33 : 32;
    memcpy(longer, data + 33, count);
    memset(longer + count, data[0], sizeof longer - count);

    result = run(longer, count, code_bits, &whole);
    CLAIM(result == DECODE_OK || result == DECODE_UNKNOWN || result == DECODE_TOO_SHORT);
    if (result == DECODE_TOO_SHORT) {
        CLAIM(count < INSTRUCTION_MAX);
        return 0;
    }
    /* What follows makes no difference. */
    CLAIM(run(longer, sizeof longer, code_bits, &part) == result);
    if (result != DECODE_OK)
        return 0;
    CLAIM(is_same(&whole, &part));
    CLAIM(whole.length >= 1 && whole.length <= INSTRUCTION_MAX && whole.length <= count);
    for (size_t first = 0; first < whole.length; first++)
        CLAIM(run(longer, first, code_bits, &part) == DECODE_TOO_SHORT);
    CLAIM(run(longer, whole.length, code_bits, &part) == DECODE_OK && is_same(&whole, &part));
    claim_instruction(&whole, code_bits);
    claim_outcome(&whole, &operands);
    return 0;
}
