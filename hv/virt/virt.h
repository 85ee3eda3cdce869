/*
 * virt/virt.h: the door: all that the floors above ask of the processor's virtualization, whoever
 * made the processor. The guest's registers are in virt/guest.h, events in virt/inject.h.
 *
 * The operations are about the vCPU that runs on this processor, between two of its exits.
 */
#pragma once

#include "virt/apic.h"
#include "virt/exit.h"

/* What can be switched on and off between two exits, in the SDM's words: "VM-Execution Control
 * Fields" (3C 25.6). */
enum virt_control {
    EXTERNAL_INTERRUPT_EXITING,
    ACKNOWLEDGE_INTERRUPT_ON_EXIT, /* the exit takes the vector from the machine's controllers */
    VIRTUAL_INTERRUPT_DELIVERY,
    APIC_REGISTER_VIRTUALIZATION,
    HLT_EXITING,
    INTERRUPT_WINDOW_EXITING, /* the guest exits as soon as it can take an interrupt, */
    NMI_WINDOW_EXITING,       /* or an NMI */
    EXCEPTION_EXITING,        /* all of them */
};

struct virt_operations {
    /* The instruction by which a guest calls: VMCALL or VMMCALL. */
    uint8_t hypercall[3];

    /* --- This machine, and this processor --- */

    /* Refuses the machine, in a line that names what is missing, if it is not enough. Notes in
     * `machine` what memory it can address and map. */
    void (*check_machine)(void);
    /* What each further processor needs. False: the firmware has locked it off. */
    bool (*enable)(void);
    /* What several processors need, in the manual's words; NULL if nothing lacks. */
    const char *(*lacks_for_several)(bool real_sipis);

    /* Makes all that the vCPU needs, and makes it the one of this processor. Its guest state is
     * still to be written: guest_real_mode(). */
    void (*open)(struct vcpu *vcpu);
    /* Leaves the mode in which guests run, and comes back to it. The guest's state is kept. */
    void (*off)(const struct vcpu *vcpu);
    void (*on)(struct vcpu *vcpu);
    /* Who answers exits, on all processors. */
    void (*handle_exits)(const struct exit_handlers *handlers);
    /* Runs the guest, for ever. After open() or on(). */
    __attribute__((noreturn)) void (*run)(struct vcpu *vcpu);
    /* Of a guest in real mode, what no field of virt/guest.h is about: for guest_real_mode(). */
    void (*real_mode)(void);
    /* The last exit, to the log. guest_dump() has the rest. */
    void (*dump)(const struct vcpu *vcpu);
    /* The option poke=: overwrites fields, to see what the processor says to it. */
    void (*poke)(void);

    /* --- What exits --- */

    void (*set_control)(enum virt_control control, bool on);
    /* The next entry exits before the guest executes anything; or that is over. With several
     * processors it works from an NMI handler, too. */
    void (*exit_soon)(bool wanted);
    /* `msr` is below 2000H. */
    void (*trap_msr)(const struct vcpu *vcpu, uint32_t msr, bool read, bool write);
    void (*trap_port)(const struct vcpu *vcpu, uint16_t port, bool on);

    /* --- The virtual APIC --- */

    /* The first thing of `wanted` that the processor lacks, in the manual's words, or NULL.
     * `posting` does not count: apic_posts() tells. */
    const char *(*apic_lacks)(const struct virt_apic *wanted);
    bool (*apic_posts)(void);
    void (*apic_open)(const struct virt_apic *wanted, const struct virt_apic_pages *pages);
    /* The guest is in x2APIC mode, or not: the page or the MSRs. */
    void (*apic_follow_mode)(const struct virt_apic *wanted, bool x2apic);
    /* A write that leaves TPR's class, 0 to 15, below `class` exits. 0: none does. */
    void (*exit_when_tpr_below)(uint32_t class);
    void (*exit_at_eoi)(uint8_t vector, bool on);

    /* --- Facts about the last exit, decoded --- */

    struct exit_io (*exit_io)(void);
    struct exit_memory (*exit_memory)(void);
    struct exit_apic (*exit_apic)(void);
    struct exit_event (*exit_event)(void);
    struct exit_cr (*exit_cr)(void);
    struct exit_task (*exit_task)(void);
};

/* The one in use: hv_main() chooses it. */
extern const struct virt_operations *virt;
