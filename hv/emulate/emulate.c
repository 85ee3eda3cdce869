/*
 * emulate/emulate.c: an access to a page that is no memory, when the exit says where it was but not
 * what.
 *
 * The instruction is fetched from the guest's memory, decoded (model/decode.h), and carried out on
 * the page's registers. What is beyond the decoder stops the guest with the bytes, so that nothing
 * is guessed.
 */
#include "emulate/emulate.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/x86.h"
#include "layout.h"
#include "model/decode.h"
#include "virt/guest.h"
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

/* One emulation. */
struct access {
    struct vcpu *vcpu;
    const struct emulated_page *page; /* NULL: nothing answers, as at an address where nothing is */
    const struct instruction *instruction;
    uint32_t code_bits;
    uint32_t offset; /* in the page */
    bool is_write;
};

static _Noreturn void give_up(const struct access *access, const uint8_t *code, const char *why)
{
    log_error("the instruction's bytes: %02x %02x %02x %02x %02x %02x %02x %02x", code[0], code[1],
              code[2], code[3], code[4], code[5], code[6], code[7]);
    virt->dump(access->vcpu);
    end_stop(
        "the guest %s its APIC's page at %x in a way that hv16 does not emulate: %s (the log has "
        "the instruction's bytes)",
        access->is_write ? "writes" : "reads", access->offset, why);
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

static void refuse(const struct access *access, const uint8_t *code)
{
    uint32_t width = access->instruction->width;
    const char *why = NULL;

    if (width == 8)
        why = "eight bytes at once";
    else if (access->offset + width > PAGE_SIZE)
        why = "across the end of the page";
    else if (access->page != NULL && access->is_write)
        why = access->page->refuses_write(access->offset, width);
    if (why != NULL)
        give_up(access, code, why);
}

static void fetch(struct access *access)
{
    uint64_t linear = guest_read(GUEST_CS_BASE) + guest_read(GUEST_RIP), code[2];
    struct decoded *known = &decoded[access->vcpu->id][linear % DECODED_COUNT];
    uint32_t count;

    access->code_bits = guest_code_bits();
    count = fetch_code(access->code_bits == 64 ? linear : (uint32_t)linear, code);
    if (code[0] != known->code[0] || code[1] != known->code[1] || count != known->count ||
        access->code_bits != known->bits) {
        if (decode((uint8_t *)code, count, access->code_bits, &known->instruction) != DECODE_OK)
            give_up(access, (uint8_t *)code, "it is none of the instructions that it knows");
        known->code[0] = code[0];
        known->code[1] = code[1];
        known->count = count;
        known->bits = access->code_bits;
    }
    access->instruction = &known->instruction;
    refuse(access, (uint8_t *)code);
}

/* A register fills the first 4 of 16 bytes; the others read as 0. */
static uint64_t read_memory(const struct access *access)
{
    uint64_t bytes;

    if (access->page == NULL)
        return ~0ull;
    bytes = access->offset % 16 < 4 ? access->page->read(access->vcpu, access->offset & ~15u) : 0;
    return bytes >> access->offset % 4 * 8;
}

static void write_memory(const struct access *access, uint64_t value)
{
    if (access->page == NULL)
        return;
    value &= ~0ull >> (64 - 8 * access->instruction->width);
    access->page->write(access->vcpu, access->offset, (uint32_t)value);
}

/* --- String instructions: one element, at the other end of which is the guest's memory --- */

static uint64_t address_mask(const struct instruction *instruction)
{
    return ~0ull >> (64 - 8 * instruction->address_width);
}

static uint64_t other_address(const struct access *access, enum segment segment, uint32_t reg)
{
    uint64_t base = guest_read(guest_segment_field(GUEST_ES_BASE, segment));
    uint64_t index = guest_gpr(access->vcpu, reg) & address_mask(access->instruction);

    if (access->code_bits == 64)
        return segment >= SEG_FS ? base + index : index;
    return (uint32_t)(base + index);
}

static void step_index(const struct access *access, uint32_t reg, int64_t by)
{
    uint64_t mask = address_mask(access->instruction);
    uint64_t value = guest_gpr(access->vcpu, reg);
    uint64_t next = (value + (uint64_t)by) & mask;

    /* A 32-bit register takes the upper half of its 64 bits with it, a 16-bit one does not. */
    guest_set_gpr(access->vcpu, reg, mask == 0xFFFF ? (value & ~mask) | next : next);
}

static bool move(const struct access *access)
{
    const struct instruction *instruction = access->instruction;
    uint32_t width = instruction->width;
    uint64_t value = 0;

    if (access->is_write) {
        uint64_t from = other_address(access, instruction->segment, REG_RSI);

        if (guest_copy_linear(from, &value, width, false) != width)
            return false;
        write_memory(access, value);
        return true;
    }
    value = read_memory(access);
    return guest_copy_linear(other_address(access, SEG_ES, REG_RDI), &value, width, true) == width;
}

/* rSI, rDI and rCX move on. Returns whether a repeated instruction has more to do. */
static bool string_step(const struct access *access)
{
    const struct instruction *instruction = access->instruction;
    int64_t by = guest_read(GUEST_RFLAGS) & RFLAGS_DF ? -(int64_t)instruction->width
                                                      : (int64_t)instruction->width;

    if (instruction->operation != OP_STOS)
        step_index(access, REG_RSI, by);
    if (instruction->operation != OP_LODS)
        step_index(access, REG_RDI, by);
    if (!instruction->rep)
        return false;
    step_index(access, REG_RCX, -1);
    return (guest_gpr(access->vcpu, REG_RCX) & address_mask(instruction)) != 0;
}

/* --- All others --- */

static void carry_out(const struct access *access)
{
    const struct instruction *instruction = access->instruction;
    uint32_t reg = instruction->reg != REGISTER_NONE ? instruction->reg : REG_RAX;
    struct operands operands;
    struct outcome outcome;

    /* What nearly every write is, done without a detour: MOV of a register or an immediate. */
    if (instruction->operation == OP_MOV && instruction->to_memory && !instruction->high_byte) {
        write_memory(access, instruction->reg == REGISTER_NONE ? instruction->immediate
                                                               : guest_gpr(access->vcpu, reg));
        return;
    }
    operands.memory = instruction_reads_memory(instruction) ? read_memory(access) : 0;
    operands.value = guest_gpr(access->vcpu, reg);
    operands.rflags = guest_read(GUEST_RFLAGS);
    execute(instruction, &operands, &outcome);
    if (outcome.writes_memory)
        write_memory(access, outcome.memory);
    if (outcome.writes_register)
        guest_set_gpr(access->vcpu, reg, outcome.value);
    if (outcome.rflags != operands.rflags)
        guest_write(GUEST_RFLAGS, outcome.rflags);
}

enum exit_action emulate_access(struct vcpu *vcpu, const struct emulated_page *page,
                                uint32_t offset, bool is_write)
{
    struct access access = {.vcpu = vcpu, .page = page, .offset = offset, .is_write = is_write};

    fetch(&access);
    if (access.instruction->operation == OP_MOVS) {
        if (!move(&access))
            end_stop("the guest moves between its APIC's page and memory that hv16 cannot reach, "
                     "at %lx:%lx",
                     guest_read(GUEST_CS_SELECTOR), guest_read(GUEST_RIP));
    } else {
        carry_out(&access);
    }
    if (access.instruction->operation >= OP_STOS && string_step(&access))
        return EXIT_RESUME;
    return EXIT_SKIP;
}
