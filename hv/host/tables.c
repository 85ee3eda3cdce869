/*
 * host/tables.c: GDT, TSS and IDT of the hypervisor.
 * Source: SDM volume 3, "Segment Descriptors" (3A 3.4.5), "Task Management in 64-bit Mode"
 * (3A 8.7), "64-Bit Mode IDT" (3A 6.14.1).
 */
#include "host/tables.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "layout.h"
#include "machine.h"

#define IST_FAULT      1
#define IST_NMI        2
#define GATE_INTERRUPT 0x8E00 /* present, ring 0, 64-bit interrupt gate */
#define TSS_DESCRIPTOR 0x89   /* present, available 64-bit TSS; the processor makes it busy */

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 104, "SDM: 64-Bit TSS Format");
_Static_assert(sizeof(struct gate) == 16, "SDM: 64-Bit IDT Gate Descriptors");

/* What host/faults.asm has on the stack when it calls C. */
struct host_frame {
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11;
    uint64_t vector, error_code;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

extern const uint8_t fault_stubs[EXCEPTION_VECTORS][FAULT_STUB_SIZE]; /* host/faults.asm */
extern const uint8_t wrmsr_safe_at[], wrmsr_safe_failed[];
void host_event(struct host_frame *frame);

void (*tables_on_nmi)(struct vcpu *vcpu);

static uint64_t gdt[] = {
    0,
    SEGMENT_CODE32, /* SEL_CODE32, kept so that the selectors are those of stage2 */
    SEGMENT_DATA,
    SEGMENT_CODE64,
    [SEL_TSS / 8 + CPUS_MAX * 2 - 1] = 0, /* for each processor a TSS, of sixteen bytes */
};
static struct tss tss[CPUS_MAX];
/* For exceptions and NMIs, which may come while RSP is not the hypervisor's. */
static struct {
    _Alignas(16) uint8_t fault[PAGE_SIZE], nmi[PAGE_SIZE];
} stacks[CPUS_MAX];
static struct gate idt[EXCEPTION_VECTORS];

static void fill_tss(uint32_t cpu)
{
    uint64_t base = (uint64_t)&tss[cpu];
    uint64_t *descriptor = &gdt[TSS_SELECTOR(cpu) / 8];

    tss[cpu].ist[IST_FAULT - 1] = (uint64_t)stacks[cpu].fault + PAGE_SIZE;
    tss[cpu].ist[IST_NMI - 1] = (uint64_t)stacks[cpu].nmi + PAGE_SIZE;
    tss[cpu].io_map = sizeof tss[cpu];
    descriptor[0] = (sizeof tss[cpu] - 1) | (base & 0xFFFFFF) << 16 |
                    (uint64_t)TSS_DESCRIPTOR << 40 | (base >> 24 & 0xFF) << 56;
    descriptor[1] = base >> 32;
}

void tables_set_gate(struct gate *gate, const void *handler, uint32_t ist)
{
    uint64_t offset = (uint64_t)handler;

    gate->offset_low = (uint16_t)offset;
    gate->selector = SEL_CODE64;
    gate->ist_and_type = (uint16_t)(GATE_INTERRUPT | ist);
    gate->offset_middle = (uint16_t)(offset >> 16);
    gate->offset_high = (uint32_t)(offset >> 32);
}

static void fill_idt(void)
{
    for (uint32_t i = 0; i < EXCEPTION_VECTORS; i++)
        tables_set_gate(&idt[i], fault_stubs[i], i == VECTOR_NMI ? IST_NMI : IST_FAULT);
    tables_set_gate(&idt[VECTOR_DB], fault_stubs[VECTOR_DB], 0); /* TR may be the guest's then */
}

void tables_load(uint32_t cpu)
{
    struct pointer gdtr = {sizeof gdt - 1, (uint64_t)gdt};
    struct pointer idtr = {sizeof idt - 1, (uint64_t)idt};

    write_cr3(machine.boot.hv_base + HV_PML4);
    fill_tss(cpu);
    if (cpu == 0)
        fill_idt(); /* one for all */
    __asm__ volatile("lgdt %0\n\t"
                     "ltr %w1\n\t"
                     "lidt %2\n\t" /* the last: an NMI looks at TR */
                     :
                     : "m"(gdtr), "r"(TSS_SELECTOR(cpu)), "m"(idtr)
                     : "memory");
}

struct tables_bases tables_bases(uint32_t cpu)
{
    return (struct tables_bases){(uint64_t)gdt, (uint64_t)idt, (uint64_t)&tss[cpu]};
}

/* The one whose TSS this processor has in TR. */
struct vcpu *tables_current_vcpu(void)
{
    uint16_t selector;

    __asm__("str %w0" : "=r"(selector));
    return &vcpus[(selector - SEL_TSS) / 16];
}

/* Called on any exception in the hypervisor itself, and on an NMI. No exception but that of the
 * guarded instruction may come. */
void host_event(struct host_frame *frame)
{
    if (frame->vector == VECTOR_NMI) {
        tables_on_nmi(tables_current_vcpu());
        return;
    }
    if (frame->vector == VECTOR_DB && machine.is_svm)
        return; /* the guest's, and it gets its own: quirks.h, "step" */
    if (frame->vector == VECTOR_GP && frame->rip == (uint64_t)wrmsr_safe_at) {
        frame->rip = (uint64_t)wrmsr_safe_failed;
        return;
    }
    log_error("host fault: rax %lx rcx %lx rdx %lx rbx %lx", frame->rax, frame->rcx, frame->rdx,
              frame->rbx);
    log_error("host fault: rsi %lx rdi %lx rbp %lx rsp %lx", frame->rsi, frame->rdi, frame->rbp,
              frame->rsp);
    log_error("host fault: cr0 %lx cr2 %lx cr3 %lx cr4 %lx rflags %lx", read_cr0(), read_cr2(),
              read_cr3(), read_cr4(), frame->rflags);
    end_stop("exception %lu (error code %lx) in the hypervisor at %lx: see build/hv.sym",
             frame->vector, frame->error_code, frame->rip);
}
