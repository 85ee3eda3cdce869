/*
 * exits/task_switch.c: a hardware task switch, exit reason 9, which no control can turn off. VMX
 * leaves all of it to software. 32-bit systems route double faults this way.
 *
 * The steps are model/task/switch.c's. Here is where they find the guest's registers and memory,
 * and what belongs to the event whose gate this was. Source: SDM volume 3, "Treatment of Task
 * Switches" (3C 26.4.2), "Exit Qualification for Task Switches" (28.2.1), "Saving RIP, RSP, RFLAGS,
 * and SSP" (28.3.3).
 */
#include "console/log.h"
#include "cpu/cpu.h"
#include "emulate/emulate.h"
#include "exits/exits.h"
#include "model/task/task.h"
#include "quirks.h"
#include "virt/guest.h"
#include "virt/guest_memory.h"
#include "virt/inject.h"
#include "virt/repeat.h"
#include "virt/virt.h"

#define GPRS          8 /* of 32-bit code */
#define GATE_SIZE     8
#define GATE_SELECTOR 2 /* where the TSS's selector is in a gate */

static void read_processor(const struct vcpu *vcpu, const struct interrupted_event *event,
                           struct task_switch *task)
{
    task->registers[TASK_EIP] = (uint32_t)guest_read(GUEST_RIP);
    task->registers[TASK_EFLAGS] =
        (uint32_t)quirk_interrupt_sets_rf(event, guest_read(GUEST_RFLAGS));
    for (uint32_t i = 0; i < GPRS; i++)
        task->registers[TASK_EAX + i] = (uint32_t)guest_gpr(vcpu, i);
    for (uint32_t i = 0; i < SEGMENT_COUNT; i++)
        task->segments[i] = (struct segment){
            .selector = (uint16_t)guest_read(guest_segment_field(GUEST_ES_SELECTOR, i)),
            .limit = (uint32_t)guest_read(guest_segment_field(GUEST_ES_LIMIT, i)),
            .rights = (uint32_t)guest_read(guest_segment_field(GUEST_ES_RIGHTS, i)),
            .base = guest_read(guest_segment_field(GUEST_ES_BASE, i)),
        };
    task->gdt.base = guest_read(GUEST_GDTR_BASE);
    task->gdt.limit = (uint32_t)guest_read(GUEST_GDTR_LIMIT);
    task->paging = (guest_read(GUEST_CR0) & CR0_PG) != 0;
}

/* The shadow of STI or MOV SS is over, and after an IRET so is an NMI's handler. That an NMI holds
 * back further ones, and has woken the processor, is so already: SDM volume 3, "Architectural State
 * Before a VM Exit" (3C 28.1). A trap that pends would be the old task's. */
static void write_processor(struct vcpu *vcpu, const struct task_switch *task)
{
    guest_jump(task->registers[TASK_EIP]);
    guest_write(GUEST_RFLAGS, task->registers[TASK_EFLAGS]);
    for (uint32_t i = 0; i < GPRS; i++)
        guest_set_gpr(vcpu, i, task->registers[TASK_EAX + i]);
    for (uint32_t i = 0; i < SEGMENT_COUNT; i++) {
        const struct segment *segment = &task->segments[i];

        guest_write(guest_segment_field(GUEST_ES_SELECTOR, i), segment->selector);
        guest_write(guest_segment_field(GUEST_ES_LIMIT, i), segment->limit);
        guest_write(guest_segment_field(GUEST_ES_RIGHTS, i), segment->rights);
        guest_write(guest_segment_field(GUEST_ES_BASE, i), segment->base);
    }
    guest_set(GUEST_CR0, CR0_TS);
    guest_clear(GUEST_DR7, DR7_LOCAL);
    guest_clear(GUEST_PENDING_DEBUG, DR6_BS);
    guest_clear(GUEST_INTERRUPTIBILITY,
                BLOCKING_STI | BLOCKING_MOV_SS | (task->returns ? BLOCKING_NMI : 0));
}

static bool gate_leads_to(uint8_t vector, uint16_t selector)
{
    uint64_t gate = guest_read(GUEST_IDTR_BASE) + vector * GATE_SIZE;
    uint16_t found = 0;

    guest_copy_linear(gate + GATE_SELECTOR, &found, sizeof found, false);
    return found == selector;
}

static enum exit_action fault(struct vcpu *vcpu, const struct task_switch *task,
                              const struct interrupted_event *event)
{
    uint64_t physical, rights;

    if (task->fault == VECTOR_PF && guest_translate(task->page_fault_address, &physical, &rights)) {
        log_error("a task switch to TSS %x needs linear address %x: that is hidden, an APIC's, or "
                  "above 4 GiB",
                  task->to, task->page_fault_address);
        return EXIT_UNHANDLED;
    }
    if (task->fault == VECTOR_PF)
        guest_set_cr2(task->page_fault_address);
    return inject_fault(event, task->fault, task->error_code) ? EXIT_RESUME
                                                              : exit_triple_fault(vcpu);
}

enum exit_action exit_task_switch(struct vcpu *vcpu)
{
    struct exit_task exit = virt->exit_task();
    struct interrupted_event event = inject_interrupted();
    struct task_switch task = {
        .to = exit.selector,
        .nested = exit.source == TASK_CALL || exit.source == TASK_GATE,
        .returns = exit.source == TASK_IRET,
        .copy = guest_copy_linear,
        .load_cr3 = guest_load_cr3,
    };

    if (exit.source == TASK_GATE)
        quirk_event_is_a_virtual_interrupt(&event, gate_leads_to(event.vector, exit.selector));
    task.is_external = event.is_external;
    task.pushes_error = event.has_error_code;
    task.error_pushed = event.error_code;
    read_processor(vcpu, &event, &task);
    if (event.is_instruction)
        task.registers[TASK_EIP] += (uint32_t)guest_read(EXIT_LENGTH);
    task_switch(&task);
    if (task.committed) {
        write_processor(vcpu, &task);
        repeat_forgive(vcpu); /* tasks that leave at one place come back to one place */
    }
    if (task.fault != 0)
        return fault(vcpu, &task, &event);
    if (!(task.trap & 1))
        return EXIT_RESUME;
    guest_set_dr6(0, DR6_BT);
    guest_clear(GUEST_DR7, DR7_GD);
    return inject_exception(VECTOR_DB);
}
