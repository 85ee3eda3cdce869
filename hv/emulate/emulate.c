/*
 * emulate/emulate.c: an access to a page that is no memory, when the exit says where it was but not
 * what.
 *
 * The instruction is fetched from the guest's memory, decoded (model/decode.h), and carried out on
 * the page's registers. What is beyond the decoder stops the guest with the bytes, so that nothing
 * is guessed.
 */
#include "console/end.h"
#include "console/log.h"
#include "cpu/x86.h"
#include "emulate/access.h"
#include "layout.h"
#include "virt/guest.h"
#include "virt/guest_memory.h"
#include "virt/virt.h"

/* An instruction that was decoded before. Loops make a guest come back to few places, and decoding
 * would cost nearly as much as all the rest of an access. Whether the bytes are still the same is
 * looked at. */
struct decoded {
    uint64_t code[2]; /* bytes that are not there are 0 */
    uint32_t count, bits;
    struct instruction instruction;
};
#define DECODED_COUNT 16 /* a place of its own for neighbours */
static struct decoded decoded[CPUS_MAX][DECODED_COUNT];

static _Noreturn void give_up(const struct access *access, const uint8_t *code, const char *why)
{
    log_error("the instruction's bytes: %02x %02x %02x %02x %02x %02x %02x %02x", code[0], code[1],
              code[2], code[3], code[4], code[5], code[6], code[7]);
    guest_dump(access->vcpu);
    end_stop("the guest %s %s at %x in a way that hv16 does not emulate: %s (the log has the "
             "instruction's bytes)",
             access->is_write ? "writes" : "reads", access->page->name,
             (uint32_t)(access->physical % PAGE_SIZE), why);
}

/* The bytes at the guest's RIP, up to 16 of them. Returns how many there are: the next page need
 * not be there for a short instruction. */
static uint32_t fetch_code(uint64_t linear, uint64_t code[2])
{
    const uint64_t *there = (const void *)guest_pointer(linear, false);

    if (there != NULL && linear % PAGE_SIZE <= PAGE_SIZE - 16) {
        code[0] = there[0];
        code[1] = there[1];
        return 16;
    }
    code[0] = code[1] = 0;
    return guest_copy_linear(linear, code, 16, false);
}

/* Why the page does not take an access of the instruction's width at `physical`, or NULL. */
static const char *refusal(const struct access *access, uint64_t physical, bool is_write)
{
    uint32_t offset = physical % PAGE_SIZE, width = access->instruction->width;

    if (offset + width > PAGE_SIZE)
        return "across the end of the page";
    if (access->page->refuses == NULL)
        return NULL;
    return access->page->refuses(offset, width, is_write);
}

void access_fetch(struct access *access)
{
    uint64_t linear = guest_read(GUEST_CS_BASE) + guest_read(GUEST_RIP), code[2];
    struct decoded *known = &decoded[access->vcpu->id][linear % DECODED_COUNT];
    const char *why;
    uint32_t count;

    access->code_bits = guest_code_bits();
    count = fetch_code(access->code_bits == 64 ? linear : (uint32_t)linear, code);
    if (code[0] != known->code[0] || code[1] != known->code[1] || count != known->count ||
        access->code_bits != known->bits) {
        if (decode((uint8_t *)code, count, access->code_bits, &known->instruction) != DECODE_OK)
            give_up(access, (uint8_t *)code,
                    count > 0 ? "it is none of the instructions that it knows"
                              : "the instruction itself is where hv16 does not read");
        known->code[0] = code[0];
        known->code[1] = code[1];
        known->count = count;
        known->bits = access->code_bits;
    }
    access->instruction = &known->instruction;
    why = refusal(access, access->physical, access->is_write);
    if (why != NULL)
        give_up(access, (uint8_t *)code, why);
}

static uint64_t read_page(const struct access *access, uint64_t physical)
{
    if (access->page->read == NULL)
        return ~0ull;
    return access->page->read(access->vcpu, physical % PAGE_SIZE, access->instruction->width);
}

static void write_page(const struct access *access, uint64_t physical, uint64_t value)
{
    value &= ~0ull >> (64 - 8 * access->instruction->width);
    if (access->page->write != NULL)
        access->page->write(access->vcpu, physical % PAGE_SIZE, value);
}

/* --- Instructions with two operands in memory ---------------------------------------------------
 */

/* Copies an operand that need not be in the page. False: the guest gets an exception for it. */
static bool copy_operand(const struct access *access, struct operand operand, uint64_t *value)
{
    uint64_t physical, rights;

    if (!operand_open(access, &operand))
        return false;
    if (!guest_translate(operand.linear, &physical, &rights) ||
        physical / PAGE_SIZE != access->physical / PAGE_SIZE ||
        refusal(access, physical, operand.write) != NULL)
        operand_copy(&operand, value);
    else if (operand.write)
        write_page(access, physical, *value);
    else
        *value = read_page(access, physical);
    return true;
}

/* MOVS and CMPS. Which operand the exit was for is not always known: both are looked up. */
static bool move_or_compare(const struct access *access)
{
    struct operands operands = {.rflags = guest_read(GUEST_RFLAGS)};
    struct outcome outcome;

    if (!copy_operand(access, string_source(access), &operands.value))
        return false;
    if (access->instruction->operation == OP_MOVS)
        return copy_operand(access, string_destination(access), &operands.value);
    if (!copy_operand(access, string_destination(access), &operands.memory))
        return false;
    execute(access->instruction, &operands, &outcome);
    guest_write(GUEST_RFLAGS, outcome.rflags);
    return true;
}

/* PUSH and POP: the other operand is at the top of the stack. */
static bool push_or_pop(const struct access *access)
{
    bool is_push = access->instruction->operation == OP_PUSH;
    uint64_t rights = guest_read(guest_segment_field(GUEST_ES_RIGHTS, SEG_SS));
    uint64_t mask = access->code_bits == 64 ? ~0ull : rights & AR_DB ? 0xFFFFFFFF : 0xFFFF;
    uint64_t rsp = guest_read(GUEST_RSP), width = access->instruction->width, value = 0;
    uint64_t next = is_push ? rsp - width : rsp + width;
    struct operand stack = {.segment = SEG_SS,
                            .offset = (is_push ? next : rsp) & mask,
                            .width = access->instruction->width,
                            .write = is_push};

    if (is_push)
        value = read_page(access, access->physical);
    if (!copy_operand(access, stack, &value))
        return false;
    if (!is_push)
        write_page(access, access->physical, value);
    guest_write(GUEST_RSP, (rsp & ~mask) | (next & mask));
    return true;
}

/* --- All others ---------------------------------------------------------------------------------
 */

static bool carry_out(const struct access *access)
{
    const struct instruction *instruction = access->instruction;
    uint32_t reg = instruction->reg != REGISTER_NONE ? instruction->reg : REG_RAX;
    struct operands operands;
    struct outcome outcome;

    /* What nearly every access is, done without a detour: MOV of 32 bits. */
    if (instruction->operation == OP_MOV && instruction->width == 4 &&
        instruction->register_width == 4) {
        if (!instruction->to_memory)
            guest_set_gpr(access->vcpu, reg, (uint32_t)read_page(access, access->physical));
        else
            write_page(access, access->physical,
                       instruction->reg == REGISTER_NONE ? instruction->immediate
                                                         : guest_gpr(access->vcpu, reg));
        return true;
    }
    operands.memory =
        instruction_reads_memory(instruction) ? read_page(access, access->physical) : 0;
    operands.value = guest_gpr(access->vcpu, reg);
    operands.rflags = guest_read(GUEST_RFLAGS);
    operands.rax = access->vcpu->gpr[REG_RAX];
    execute(instruction, &operands, &outcome);
    if (outcome.writes_memory)
        write_page(access, access->physical, outcome.memory);
    if (outcome.writes_register)
        guest_set_gpr(access->vcpu, instruction->operation == OP_CMPXCHG ? REG_RAX : reg,
                      outcome.value);
    if (outcome.rflags != operands.rflags)
        guest_write(GUEST_RFLAGS, outcome.rflags);
    return true;
}

enum exit_action emulate_access(struct vcpu *vcpu, const struct emulated_page *page,
                                uint64_t physical, bool is_write)
{
    struct access access = {.vcpu = vcpu, .page = page, .physical = physical, .is_write = is_write};
    bool done;

    access_fetch(&access);
    switch (access.instruction->operation) {
    case OP_MOVS:
    case OP_CMPS:
        done = move_or_compare(&access);
        break;
    case OP_PUSH:
    case OP_POP:
        done = push_or_pop(&access);
        break;
    case OP_INS:
    case OP_OUTS:
        end_stop("the guest reads or writes a port with %s at the other end", page->name);
    default:
        done = carry_out(&access);
    }
    if (!done || (instruction_is_string(access.instruction) && string_step(&access)))
        return EXIT_RESUME;
    vcpu->emulated_length = access.instruction->length;
    return EXIT_SKIP;
}
