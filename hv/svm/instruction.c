/*
 * svm/instruction.c: what the exit does not say about the instruction that caused it, read from its
 * bytes: how long it is where the processor lacks NRIP, and which register MOV CRx names where it
 * lacks decode assists.
 * Source: APM volume 3, "Instruction Prefixes" (1.2); APM volume 2, "State Saved on Exit" (15.7.1),
 * "Decode Assists" (15.33).
 */
#include "cpu/cpu.h"
#include "svm/svm.h"
#include "svm/vmcb.h"
#include "virt/guest.h"
#include "virt/guest_memory.h"

#define LENGTH_MAX 15
#define REX_B      0x01

struct bytes {
    uint8_t code[LENGTH_MAX];
    uint32_t prefixes; /* so many of them, REX included */
    uint8_t rex;       /* 0: none */
};

static bool is_legacy_prefix(uint8_t byte)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26,
                                       0x2E, 0x36, 0x3E, 0x64, 0x65};

    for (uint32_t i = 0; i < sizeof prefixes; i++)
        if (byte == prefixes[i])
            return true;
    return false;
}

static struct bytes read_bytes(void)
{
    uint64_t linear = guest_read(GUEST_CS_BASE) + guest_read(GUEST_RIP);
    uint32_t bits = guest_code_bits();
    struct bytes bytes = {0};

    guest_copy_linear(bits == 64 ? linear : (uint32_t)linear, bytes.code, LENGTH_MAX, false);
    while (bytes.prefixes < LENGTH_MAX - 3 && is_legacy_prefix(bytes.code[bytes.prefixes]))
        bytes.prefixes++;
    if (bits == 64 && (bytes.code[bytes.prefixes] & 0xF0) == 0x40)
        bytes.rex = bytes.code[bytes.prefixes++];
    return bytes;
}

/* Of the instructions that hv16 skips. */
static uint32_t opcode_length(uint64_t exit_code)
{
    switch (exit_code) {
    case SVM_EXIT_HLT:
        return 1;
    case SVM_EXIT_CPUID:
    case SVM_EXIT_INVD:
    case SVM_EXIT_MSR:
        return 2;
    default: /* VMMCALL; MOV to and from CRx, whose ModRM byte names registers only */
        return 3;
    }
}

uint64_t svm_next_rip(const struct vmcb *vmcb)
{
    if (vmcb->exit_code == SVM_EXIT_IO)
        return vmcb->exit_info2;
    return vmcb->rip + read_bytes().prefixes + opcode_length(vmcb->exit_code);
}

uint32_t svm_cr_register(void)
{
    struct bytes bytes = read_bytes();

    return (bytes.code[bytes.prefixes + 2] & 7u) | (bytes.rex & REX_B ? 8 : 0);
}
