/*
 * virt/exit.h: an exit handler, what it answers, and what it may ask about the exit it handles.
 */
#pragma once

#include "model/reasons.h"
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

enum exit_action {
    EXIT_RESUME,    /* RIP stays where the handler left it */
    EXIT_SKIP,      /* the loop advances RIP over the instruction */
    EXIT_STOP,      /* the guest has ended */
    EXIT_UNHANDLED, /* the handler cannot help: dump and stop */
};

typedef enum exit_action exit_fn(struct vcpu *vcpu);

/* What the exit loop is handed by the floor that answers exits. */
struct exit_handlers {
    exit_fn *by_reason[EXIT_REASON_MAX];
    void (*countdown_over)(struct vcpu *vcpu); /* before the handler, when vcpu->countdown is 0 */
    void (*resumed)(struct vcpu *vcpu);        /* after EXIT_RESUME */
    /* After EXIT_STOP and EXIT_UNHANDLED: does not return. */
    __attribute__((noreturn)) void (*ended)(struct vcpu *vcpu, enum exit_action action);
    void (*dump)(const struct vcpu *vcpu); /* the guest's state, to the log */
};

/* --- Facts about the exit --- */

struct exit_io {
    uint16_t port;
    uint8_t size; /* 1, 2 or 4 bytes */
    bool in;      /* otherwise OUT */
    bool string;  /* INS or OUTS */
};

/* An access to a guest-physical address that the nested page tables do not allow. */
struct exit_memory {
    uint64_t address;
    bool write, fetch;
};

enum exit_apic_kind { APIC_READ, APIC_WRITE, APIC_FETCH, APIC_EVENT_DELIVERY };
struct exit_apic {
    uint32_t offset; /* in the APIC's page */
    enum exit_apic_kind kind;
};

/* An exception, an NMI or an interrupt that caused the exit. */
struct exit_event {
    bool known; /* false: an interrupt that the exit has not acknowledged */
    bool is_nmi;
    uint8_t vector;
    uint64_t detail; /* of #DB: what it would set in DR6; of #PF: the address */
};

/* MOV to or from a control register. */
struct exit_cr {
    uint32_t cr;
    bool is_mov; /* otherwise CLTS or LMSW */
    bool from_cr;
    uint32_t gpr; /* number of the general register */
};

enum exit_task_source { TASK_CALL, TASK_IRET, TASK_JMP, TASK_GATE };
struct exit_task {
    uint16_t selector;
    enum exit_task_source source;
};
