/*
 * virt/dump.c: all that helps to see what the guest did.
 */
#include "console/end.h"
#include "console/log.h"
#include "mem/ept.h"
#include "virt/guest.h"
#include "virt/virt.h"

static const char *const segment_names[] = {"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"};

static uint64_t segment(enum guest_field of_es, uint32_t number)
{
    return guest_read(guest_segment_field(of_es, number));
}

static void dump_segments(void)
{
    for (uint32_t i = 0; i < sizeof segment_names / sizeof segment_names[0]; i++) {
        log_error("  %-4s %lx base %lx limit %lx access %lx", segment_names[i],
                  segment(GUEST_ES_SELECTOR, i), segment(GUEST_ES_BASE, i),
                  segment(GUEST_ES_LIMIT, i), segment(GUEST_ES_RIGHTS, i));
    }
    log_error("  gdtr base %lx limit %lx, idtr base %lx limit %lx", guest_read(GUEST_GDTR_BASE),
              guest_read(GUEST_GDTR_LIMIT), guest_read(GUEST_IDTR_BASE),
              guest_read(GUEST_IDTR_LIMIT));
}

static void dump_registers(const struct vcpu *vcpu)
{
    const uint64_t *gpr = vcpu->gpr;

    log_error("  rax %lx rbx %lx rcx %lx rdx %lx", gpr[REG_RAX], gpr[REG_RBX], gpr[REG_RCX],
              gpr[REG_RDX]);
    log_error("  rsi %lx rdi %lx rbp %lx rsp %lx", gpr[REG_RSI], gpr[REG_RDI], gpr[REG_RBP],
              guest_read(GUEST_RSP));
    log_error("  r8 %lx r9 %lx r10 %lx r11 %lx", gpr[REG_R8], gpr[REG_R9], gpr[REG_R10],
              gpr[REG_R11]);
    log_error("  r12 %lx r13 %lx r14 %lx r15 %lx", gpr[REG_R12], gpr[REG_R13], gpr[REG_R14],
              gpr[REG_R15]);
    log_error("  cr0 %lx cr3 %lx cr4 %lx efer %lx rflags %lx", guest_read(GUEST_CR0),
              guest_read(GUEST_CR3), guest_read(GUEST_CR4), guest_read(GUEST_EFER),
              guest_read(GUEST_RFLAGS));
}

#define CODE_BYTES 7

/* The bytes at CS:RIP, where the linear address is also the physical one. */
static void dump_code(void)
{
    uint64_t linear = guest_read(GUEST_CS_BASE) + guest_read(GUEST_RIP);
    const uint8_t *code = ept_memory(linear & 0xFFFFFFFF, false);

    if (code == NULL || linear % PAGE_SIZE > PAGE_SIZE - CODE_BYTES)
        return;
    if (guest_read(GUEST_CR0) & CR0_PG)
        return; /* that takes a walk through the guest's tables */
    log_error("  code at %lx: %02x %02x %02x %02x %02x %02x %02x", linear, code[0], code[1],
              code[2], code[3], code[4], code[5], code[6]);
}

void guest_dump(const struct vcpu *vcpu)
{
    virt->dump(vcpu);
    dump_registers(vcpu);
    dump_segments();
    dump_code();
    counters_log();
}
