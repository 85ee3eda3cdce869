/*
 * task_switch.c: model/task/, with anything in the TSSs, the GDT and the registers, and with pages
 * that are not there. SDM volume 3, "Task Switching" (3A 8.3).
 */
#include "cpu/x86.h"
#include "fuzz.h"
#include "model/task/task.h"

#define MEMORY   0x4000u
#define PAGE     0x1000u
#define GDT_BASE 0x1000u
#define OLD_BASE 0x2F80u /* so that it crosses a page's end */
#define NEW_BASE 0x0FC0u

static uint8_t memory[MEMORY], before[MEMORY];
static unsigned present; /* pages, bit by bit */
static bool good_cr3, asked_cr3;
static struct task_switch *running;

/* Each byte as the processor would find it: before a page that is not there, it ends. */
static uint32_t copy(uint64_t linear, void *ours, uint32_t size, bool to_guest)
{
    CLAIM(size != 0 && size <= 0x68);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t at = (uint32_t)linear + i;
        if (at >= MEMORY || !(present >> at / PAGE & 1))
            return i;
        if (to_guest)
            memory[at] = ((const uint8_t *)ours)[i];
        else
            ((uint8_t *)ours)[i] = memory[at];
    }
    return size;
}

static bool load_cr3(uint64_t cr3)
{
    CLAIM(running->committed && !asked_cr3 && cr3 <= UINT32_MAX);
    asked_cr3 = true;
    return good_cr3;
}

static void put(uint32_t at, uint64_t value, uint32_t size)
{
    memcpy(memory + at, &value, size);
}

static void put_descriptor(uint32_t selector, uint32_t base, uint32_t limit, uint32_t rights)
{
    put(GDT_BASE + (selector & SELECTOR_INDEX),
        (limit & 0xFFFF) | (uint64_t)(base & 0xFFFFFF) << 16 | (uint64_t)rights << 40 |
            (uint64_t)(limit & 0xF0000) << 32 | (uint64_t)(base & 0xFF000000) << 32,
        8);
}

/* The selectors of a new task that would run, which libFuzzer may then change. */
static void make_sound(struct task_switch *task, uint32_t tss_type, uint32_t old_type)
{
    static const uint16_t selectors[] = {0x10, 0x08, 0x10, 0x10, 0, 0, 0x18};

    put_descriptor(0x08, 0, 0xFFFFF, 0xC09A);
    put_descriptor(0x10, 0, 0xFFFFF, 0xC092);
    put_descriptor(0x18, GDT_BASE, 0xFF, 0x82);
    put_descriptor(0x20, OLD_BASE, 0x67, 0x80 | old_type | AR_TYPE_BUSY);
    put_descriptor(0x28, NEW_BASE, 0x67, 0x80 | tss_type);
    for (unsigned i = 0; i < 7; i++)
        put(tss_type & AR_TYPE_TSS32 ? NEW_BASE + 0x48 + 4 * i : NEW_BASE + 0x22 + 2 * i,
            selectors[i], 2);
    put(NEW_BASE + 0x38, 0x800, 4); /* ESP */
    task->to = 0x28;
    task->gdt = (struct segment){.base = GDT_BASE, .limit = 0xFF};
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        task->segments[i] = (struct segment){.selector = 0x10, .limit = ~0u, .rights = 0xC093};
    task->segments[SEGMENT_LDTR] = (struct segment){.rights = AR_UNUSABLE};
    task->segments[SEGMENT_TR] = (struct segment){
        .selector = 0x20, .base = OLD_BASE, .limit = 0x67, .rights = 0x80 | old_type | 2};
}

/* A fault is one of these, and the error code of one that names a selector has EXT in bit 0. */
static void claim_fault(const struct task_switch *task)
{
    CLAIM(task->fault == VECTOR_TS || task->fault == VECTOR_NP || task->fault == VECTOR_SS ||
          task->fault == VECTOR_GP || task->fault == VECTOR_PF);
    if (task->fault == VECTOR_PF)
        CLAIM((task->error_code & ~2u) == 0 && (task->page_fault_address >= MEMORY ||
                                                !(present >> task->page_fault_address / PAGE & 1)));
    else
        CLAIM(task->error_code <= 0xFFFF && (task->error_code & 3) == task->is_external);
}

/* The new task runs: it has what its TSS says, in segments that may be used. */
static void claim_running(const struct task_switch *task)
{
    uint32_t eflags = task->registers[TASK_EFLAGS];
    const struct segment *cs = &task->segments[SEGMENT_CS], *ss = &task->segments[SEGMENT_SS];

    CLAIM(task->committed && task->registers[TASK_EIP] <= cs->limit);
    CLAIM((eflags & ~RFLAGS_ALL) == RFLAGS_FIXED);
    CLAIM(!task->nested || eflags & RFLAGS_NT);
    for (unsigned i = 0; i < SEGMENT_LDTR; i++) {
        const struct segment *s = &task->segments[i];
        if (eflags & RFLAGS_VM)
            CLAIM(s->base == s->selector * 16u && s->limit == 0xFFFF && s->rights == 0xF3);
        else if (!(s->rights & AR_UNUSABLE))
            CLAIM((s->rights & (AR_PRESENT | AR_S | AR_TYPE_ACCESSED)) ==
                  (AR_PRESENT | AR_S | AR_TYPE_ACCESSED));
        else
            CLAIM(i != SEGMENT_CS && i != SEGMENT_SS && (s->selector & ~SELECTOR_RPL) == 0);
    }
    if (!(eflags & RFLAGS_VM)) {
        CLAIM(cs->rights & AR_TYPE_CODE && !(ss->rights & AR_TYPE_CODE));
        CLAIM((ss->rights & AR_DPL) >> AR_DPL_SHIFT == (cs->selector & SELECTOR_RPL));
    }
}

static bool is_there(uint64_t base, uint32_t size)
{
    uint8_t bytes[0x68];

    return copy(base, bytes, size, false) == size;
}

/* Before the switch is committed a fault leaves all as it was, also in memory. It is committed only
 * if both TSSs are there, and then the new one is busy. */
static void claim_memory(const struct task_switch *task, const struct task_switch *old)
{
    const struct segment *tr = &task->segments[SEGMENT_TR];

    if (!task->committed) {
        CLAIM(task->fault != 0 && memcmp(memory, before, MEMORY) == 0);
        CLAIM(memcmp(task->registers, old->registers, sizeof task->registers) == 0);
        CLAIM(memcmp(task->segments, old->segments, sizeof task->segments) == 0);
        return;
    }
    CLAIM(tr->selector == task->to && tr->rights & AR_TYPE_BUSY);
    CLAIM(is_there(tr->base, tr->rights & AR_TYPE_TSS32 ? 0x68 : 0x2C));
    CLAIM(is_there(OLD_BASE, old->segments[SEGMENT_TR].rights & AR_TYPE_TSS32 ? 0x60 : 0x2A));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct task_switch task, old;
    uint32_t flags = (uint32_t)take(&input, 2);

    memset(&task, 0, sizeof task);
    memset(memory, 0, sizeof memory);
    task.nested = (flags & 3) == 1;
    task.returns = (flags & 3) == 2;
    task.is_external = (flags & 4) != 0;
    task.pushes_error = (flags & 8) != 0;
    task.error_pushed = 0x12345678;
    task.paging = (flags & 0x10) != 0;
    task.copy = copy;
    task.load_cr3 = load_cr3;
    good_cr3 = (flags & 0x20) != 0;
    make_sound(&task, flags & 0x40 ? 9 : 1, flags & 0x80 ? 9 : 1);
    present = flags & 0x100 ? ~0u : (unsigned)take(&input, 1);
    for (unsigned i = 0; i < TASK_REGISTERS; i++)
        task.registers[i] = (uint32_t)i * 0x01010101;
    while (input.left > 2) { /* changes of what it would run with */
        static const uint32_t from[] = {OLD_BASE, NEW_BASE, GDT_BASE, GDT_BASE};
        uint32_t at = (uint32_t)take(&input, 1);
        memory[from[at >> 6] + (at & 0x3F) + (at >> 6 < 2 ? 0x28 : 0)] = (uint8_t)take(&input, 1);
    }
    if (input.left == 2)
        task.to = (uint16_t)take(&input, 2) & 0xFC;
    else if (input.left == 1)
        task.segments[SEGMENT_TR].limit = (uint32_t)take(&input, 1);
    memcpy(before, memory, MEMORY);
    old = task;
    running = &task;
    asked_cr3 = false;
    task_switch(&task);
    claim_memory(&task, &old);
    if (task.fault != 0)
        claim_fault(&task);
    else
        claim_running(&task);
    return 0;
}
