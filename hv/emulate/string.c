/*
 * emulate/string.c: one element of a string instruction; and INS and OUTS, whose other operand is
 * a port. Source: SDM volume 2, "REP/REPE/REPZ/REPNE/REPNZ - Repeat String Operation Prefix".
 */
#include "cpu/x86.h"
#include "emulate/access.h"
#include "virt/guest.h"

static uint64_t address_mask(const struct access *access)
{
    return ~0ull >> (64 - 8 * access->instruction->address_width);
}

static uint64_t index_of(const struct access *access, uint32_t reg)
{
    return guest_gpr(access->vcpu, reg) & address_mask(access);
}

struct operand string_source(const struct access *access)
{
    return (struct operand){access->instruction->segment, index_of(access, REG_RSI),
                            access->instruction->width, false, 0};
}

struct operand string_destination(const struct access *access)
{
    return (struct operand){SEG_ES, index_of(access, REG_RDI), access->instruction->width,
                            access->instruction->to_memory, 0};
}

bool string_is_empty(const struct access *access)
{
    return access->instruction->repeat != REPEAT_NOT && index_of(access, REG_RCX) == 0;
}

static void step_index(const struct access *access, uint32_t reg, int64_t by)
{
    uint64_t mask = address_mask(access);
    uint64_t value = guest_gpr(access->vcpu, reg);
    uint64_t next = (value + (uint64_t)by) & mask;

    /* A 32-bit register takes the upper half of its 64 bits with it, a 16-bit one does not. */
    guest_set_gpr(access->vcpu, reg, mask == 0xFFFF ? (value & ~mask) | next : next);
}

bool string_step(const struct access *access)
{
    const struct instruction *instruction = access->instruction;
    uint64_t flags = guest_read(GUEST_RFLAGS);
    int64_t by = flags & RFLAGS_DF ? -(int64_t)instruction->width : (int64_t)instruction->width;
    bool compares = instruction->operation == OP_SCAS || instruction->operation == OP_CMPS;

    if (instruction_has_source(instruction))
        step_index(access, REG_RSI, by);
    if (instruction_has_destination(instruction))
        step_index(access, REG_RDI, by);
    if (instruction->repeat == REPEAT_NOT)
        return false;
    step_index(access, REG_RCX, -1);
    if (compares && (flags & RFLAGS_ZF) != (instruction->repeat == REPEAT_EQUAL ? RFLAGS_ZF : 0))
        return false;
    return index_of(access, REG_RCX) != 0;
}

/* --- INS and OUTS ------------------------------------------------------------------------------
 */

enum exit_action emulate_string_io(struct vcpu *vcpu, const struct exit_io *io, port_fn *transfer)
{
    static const struct emulated_page ports = {.name = "a port"};
    struct access access = {.vcpu = vcpu, .page = &ports, .is_write = !io->in};
    struct operand operand;
    enum exit_action action;
    uint64_t value = 0;

    access_fetch(&access);
    if (string_is_empty(&access))
        return EXIT_SKIP;
    operand = io->in ? string_destination(&access) : string_source(&access);
    if (!operand_open(&access, &operand))
        return EXIT_RESUME;
    if (!io->in)
        operand_copy(&operand, &value);
    action = transfer(vcpu, io, &value);
    if (action != EXIT_SKIP)
        return action;
    if (io->in)
        operand_copy(&operand, &value);
    return string_step(&access) ? EXIT_RESUME : EXIT_SKIP;
}
