/*
 * model/task/switch.c: the steps of a task switch, in the manual's order. Before it exited, the
 * processor checked the gate, if there is one, and the new TSS's descriptor: SDM volume 3,
 * "Treatment of Task Switches" (3C 26.4.2). All else is done here.
 *
 * Each step returns whether there is a next one. If not, it has noted a fault.
 * Source: SDM volume 3, "Task Switching" (3A 8.3), "Task Linking" (8.4).
 */
#include "cpu/x86.h"
#include "model/task/task.h"

#define DESCRIPTOR_RIGHTS 5  /* the byte of a descriptor with its type */
#define PAGE_FAULT_WRITE  2u /* of #PF's error code */

/* --- The two kinds of TSS --------------------------------------------------------------------- */

#define TSS_SIZE_MAX 0x68
#define TSS_LINK     0 /* where the selector of the task is that it returns to */
#define TSS32_CR3    0x1C
#define TSS32_TRAP   0x64 /* bit 0: T */

/* In the upper half of a register there is nothing in a 16-bit TSS, and what becomes of it is not
 * defined. Processors from the 386 on are known for this. */
#define UPPER_HALF 0xFFFF0000u

/* In both, EIP, EFLAGS and the eight general registers follow each other, and so do the selectors,
 * which end with LDTR's. Only sizes and places differ. SDM volume 3, "Task-State Segment (TSS)" (3A
 * 8.2.1), "16-Bit Task-State Segment (TSS)" (8.6). */
static const struct layout {
    uint32_t bytes;     /* in all */
    uint32_t saved;     /* to the end of what is saved: LDTR's selector is not */
    uint32_t size;      /* of a register, and from one selector to the next */
    uint32_t registers; /* where the first one is */
    uint32_t selectors;
    uint32_t segments; /* how many selectors there are before LDTR's */
} layout_16 = {0x2C, 0x2A, 2, 0x0E, 0x22, 4}, layout_32 = {TSS_SIZE_MAX, 0x60, 4, 0x20, 0x48, 6};

static const struct layout *layout_of(const struct segment *tss)
{
    return tss->rights & AR_TYPE_TSS32 ? &layout_32 : &layout_16;
}

/* --- Faults, and the guest's memory ----------------------------------------------------------- */

static bool fault(struct task_switch *task, uint8_t vector, uint16_t selector)
{
    task->fault = vector;
    task->error_code = (selector & ~SELECTOR_RPL) | task->is_external;
    return false;
}

static bool access(struct task_switch *task, uint64_t linear, void *bytes, uint32_t size,
                   bool write)
{
    uint32_t done = task->copy(linear, bytes, size, write);

    if (done == size)
        return true;
    task->fault = VECTOR_PF;
    task->error_code = write ? PAGE_FAULT_WRITE : 0;
    task->page_fault_address = (uint32_t)linear + done;
    return false;
}

/* Saves the registers in the TSS, or loads them: of segments the selectors. It is there. */
static void access_registers(struct task_switch *task, const struct segment *tss, bool save)
{
    const struct layout *layout = layout_of(tss);
    uint64_t selectors = tss->base + layout->selectors;

    for (uint32_t i = 0; i < TASK_REGISTERS; i++)
        access(task, tss->base + layout->registers + i * layout->size, &task->registers[i],
               layout->size, save);
    for (uint32_t i = 0; i < layout->segments; i++)
        access(task, selectors + i * layout->size, &task->segments[i].selector, 2, save);
    if (!save)
        access(task, selectors + layout->segments * layout->size,
               &task->segments[SEGMENT_LDTR].selector, 2, false);
}

/* All but the selector, from the descriptor that it points at. */
static bool read_descriptor(struct task_switch *task, struct segment *segment)
{
    const struct segment *table =
        segment->selector & SELECTOR_TI ? &task->segments[SEGMENT_LDTR] : &task->gdt;
    uint64_t descriptor;

    if ((table->rights & AR_UNUSABLE) || (segment->selector | 7u) > table->limit)
        return fault(task, VECTOR_TS, segment->selector);
    segment->descriptor = table->base + (segment->selector & SELECTOR_INDEX);
    if (!access(task, segment->descriptor, &descriptor, sizeof descriptor, false))
        return false;
    segment->base = (descriptor >> 16 & 0xFFFFFF) | (descriptor >> 32 & 0xFF000000);
    segment->limit = (uint32_t)((descriptor & 0xFFFF) | (descriptor >> 32 & 0xF0000));
    segment->rights = descriptor >> 40 & 0xF0FF;
    if (segment->rights & AR_GRANULARITY)
        segment->limit = segment->limit << 12 | 0xFFF;
    return true;
}

/* Into the descriptor that has been read: the bits "busy" and "accessed" are there. */
static void write_rights(struct task_switch *task, const struct segment *segment)
{
    uint8_t rights = (uint8_t)segment->rights;

    access(task, segment->descriptor + DESCRIPTOR_RIGHTS, &rights, sizeof rights, true);
}

/* --- The switch ------------------------------------------------------------------------------- */

/* All that may fault is looked at before anything is written. */
static bool leave_old_task(struct task_switch *task, const struct segment *tr)
{
    struct segment *old = &task->segments[SEGMENT_TR], descriptor = *old;
    uint32_t saved = layout_of(old)->saved;
    uint8_t bytes[TSS_SIZE_MAX];

    if (old->limit < saved - 1)
        return fault(task, VECTOR_TS, old->selector);
    if (!access(task, old->base, bytes, saved, false) ||
        !access(task, tr->base, bytes, layout_of(tr)->bytes, false) ||
        !(task->nested || read_descriptor(task, &descriptor)))
        return false;
    if (task->returns)
        task->registers[TASK_EFLAGS] &= (uint32_t)~RFLAGS_NT;
    access_registers(task, old, true);
    if (task->nested) {
        access(task, tr->base + TSS_LINK, &old->selector, 2, true);
    } else {
        descriptor.rights &= ~AR_TYPE_BUSY;
        write_rights(task, &descriptor);
    }
    write_rights(task, tr);
    return true;
}

/* From here on a fault is the new task's. Its segment registers are not usable yet. VM entry does
 * not take a CS like that, so it is one from which no instruction will be fetched. CPL is SS's DPL.
 */
static void commit(struct task_switch *task, const struct segment *tr)
{
    uint32_t *eflags = &task->registers[TASK_EFLAGS], dpl;

    task->committed = true;
    task->segments[SEGMENT_TR] = *tr;
    for (uint32_t i = 0; i < TASK_REGISTERS; i++)
        task->registers[i] = i < TASK_EAX ? 0 : UPPER_HALF;
    for (uint32_t i = 0; i <= SEGMENT_LDTR; i++)
        task->segments[i] = (struct segment){.rights = AR_UNUSABLE};
    access_registers(task, tr, false);
    *eflags = (uint32_t)((*eflags & RFLAGS_ALL) | RFLAGS_FIXED | (task->nested ? RFLAGS_NT : 0));
    dpl = (task->segments[SEGMENT_CS].selector & SELECTOR_RPL) << AR_DPL_SHIFT;
    if (*eflags & RFLAGS_VM)
        dpl = AR_DPL;
    task->segments[SEGMENT_SS].rights |= dpl;
    task->segments[SEGMENT_CS].rights =
        AR_PRESENT | AR_S | AR_TYPE_CODE | AR_TYPE_READABLE | AR_TYPE_ACCESSED | dpl;
}

static bool load_segment(struct task_switch *task, uint32_t index)
{
    struct segment *segment = &task->segments[index], loaded = *segment;
    uint32_t cpl = task->segments[SEGMENT_CS].selector & SELECTOR_RPL;
    uint8_t vector;

    if ((segment->selector & ~SELECTOR_RPL) == 0)
        return (index != SEGMENT_SS && index != SEGMENT_CS) || fault(task, VECTOR_TS, 0);
    if (!read_descriptor(task, &loaded))
        return false;
    vector = segment_fault(&loaded, index, cpl);
    if (vector != 0)
        return fault(task, vector, segment->selector);
    if (index != SEGMENT_LDTR) {
        loaded.rights |= AR_TYPE_ACCESSED;
        write_rights(task, &loaded);
    }
    *segment = loaded;
    return true;
}

/* As virtual-8086 mode has it, from the selector alone. */
static void load_virtual_8086(struct segment *segment)
{
    segment->base = (uint64_t)segment->selector << 4;
    segment->limit = 0xFFFF;
    segment->rights = AR_PRESENT | AR_DPL | AR_S | AR_TYPE_WRITABLE | AR_TYPE_ACCESSED;
}

/* LDTR comes first, since the others may be in that table. */
static bool load_segments(struct task_switch *task)
{
    static const uint8_t order[] = {SEGMENT_LDTR, SEGMENT_SS, SEGMENT_DS, SEGMENT_ES,
                                    SEGMENT_FS,   SEGMENT_GS, SEGMENT_CS};

    for (uint32_t i = 0; i < sizeof order; i++) {
        if (order[i] != SEGMENT_LDTR && (task->registers[TASK_EFLAGS] & RFLAGS_VM))
            load_virtual_8086(&task->segments[order[i]]);
        else if (!load_segment(task, order[i]))
            return false;
    }
    return true;
}

/* With as many bits as the new task's TSS has. */
static bool push_error_code(struct task_switch *task)
{
    const struct segment *ss = &task->segments[SEGMENT_SS];
    uint32_t size = layout_of(&task->segments[SEGMENT_TR])->size;
    uint32_t mask = ss->rights & AR_DB ? 0xFFFFFFFF : 0xFFFF; /* of ESP or SP */
    uint32_t *esp = &task->registers[TASK_ESP], offset = (*esp - size) & mask;

    if (!segment_reaches(ss, offset, size))
        return fault(task, VECTOR_SS, 0);
    if (!access(task, ss->base + offset, &task->error_pushed, size, true))
        return false;
    *esp = (*esp & ~mask) | offset;
    return true;
}

void task_switch(struct task_switch *task)
{
    struct segment tr = {.selector = task->to};
    uint32_t cr3;

    if (!read_descriptor(task, &tr))
        return;
    tr.rights |= AR_TYPE_BUSY;
    if (!leave_old_task(task, &tr))
        return;
    commit(task, &tr);
    if (tr.rights & AR_TYPE_TSS32) {
        access(task, tr.base + TSS32_TRAP, &task->trap, 1, false);
        access(task, tr.base + TSS32_CR3, &cr3, sizeof cr3, false);
        if (task->paging && !task->load_cr3(cr3)) {
            fault(task, VECTOR_TS, 0);
            return;
        }
    }
    if (!load_segments(task) || (task->pushes_error && !push_error_code(task)))
        return;
    if (task->registers[TASK_EIP] > task->segments[SEGMENT_CS].limit)
        fault(task, VECTOR_GP, 0);
}
