/*
 * model/task/task.h: a task, as the processor sees it, and the switch from one to another. Pure
 * logic. Source: SDM volume 3, "Task Management" (3A 8).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* --- segment.c: a segment register, and what a descriptor must be to get into it --- */

/* By the numbers of instructions, in the order of TSSs, and two more. */
enum { SEGMENT_ES, SEGMENT_CS, SEGMENT_SS, SEGMENT_DS, SEGMENT_FS, SEGMENT_GS };
enum { SEGMENT_LDTR = SEGMENT_GS + 1, SEGMENT_TR, SEGMENT_COUNT };

#define SELECTOR_RPL   3u
#define SELECTOR_TI    4u      /* in the LDT */
#define SELECTOR_INDEX 0xFFF8u /* times 8 */

struct segment {
    uint16_t selector;
    uint32_t limit;  /* in bytes */
    uint32_t rights; /* AR_... */
    uint64_t base;
    uint64_t descriptor; /* its linear address, if it has just been read */
};

/* Whether a task switch may load it into that register: 0, or the vector of the fault. SDM volume
 * 3, "Interrupt 10—Invalid TSS Exception (#TS)" (3A 6.15), table 6-6. */
uint8_t segment_fault(const struct segment *segment, uint32_t index, uint32_t cpl);

/* Whether `size` bytes at `offset` are within the limit. */
bool segment_reaches(const struct segment *segment, uint32_t offset, uint32_t size);

/* --- switch.c: one task leaves, another comes --- */

/* The registers that a TSS has, in its order. TASK_EAX is the first of eight, by their numbers. */
enum { TASK_EIP, TASK_EFLAGS, TASK_EAX, TASK_ESP = TASK_EAX + 4, TASK_REGISTERS = TASK_EAX + 8 };

struct task_switch {
    /* What is to be done. If neither nested nor returns, it is by JMP. */
    uint16_t to;      /* the new task's TSS, in the GDT, which the processor has checked */
    bool nested;      /* by CALL or an event: the new task can return */
    bool returns;     /* by IRET */
    bool is_external; /* by an event that the program has not asked for: EXT of error codes */
    bool pushes_error;
    uint32_t error_pushed;

    /* The processor, with the old task and then with the new one. The old one will go on at EIP. */
    uint32_t registers[TASK_REGISTERS];
    struct segment segments[SEGMENT_COUNT];
    struct segment gdt; /* its base and limit */
    bool paging;

    /* From or to the guest's memory. Returns how many bytes there are before a page fault. */
    uint32_t (*copy)(uint64_t linear, void *ours, uint32_t size, bool to_guest);
    /* False: with PAE paging, what CR3 points at has reserved bits set. */
    bool (*load_cr3)(uint64_t cr3);

    /* What came of it. */
    bool committed; /* the new task runs, and a fault is its own; if not, nothing has changed */
    uint8_t trap;   /* bit 0, T: a debug exception when the task begins */
    uint8_t fault;  /* 0, or the exception: */
    uint32_t error_code;
    uint32_t page_fault_address;
};

void task_switch(struct task_switch *task);
