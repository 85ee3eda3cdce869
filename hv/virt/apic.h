/*
 * virt/apic.h: what a processor can do of a guest's local APIC without an exit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* In the words of SDM volume 3, "APIC Virtualization and Virtual Interrupts" (3C 30). */
struct virt_apic {
    bool tpr_shadow;    /* TPR is in the virtual-APIC page, and MOV CR8 reaches it there. Without
                         * this, MOV CR8 exits */
    bool page_accesses; /* accesses to the APIC-access page are recognized */
    bool registers;     /* all registers are read from the virtual-APIC page */
    bool delivery;      /* interrupts in the virtual-APIC page are delivered */
    bool x2apic;        /* the same through MSRs, when the guest is in x2APIC mode */
    bool posting;       /* posted interrupts are taken over, if the processor can */
};

/* Physical addresses of what the processor reads. */
struct virt_apic_pages {
    uint64_t access;  /* APIC-access address: only its number matters */
    uint64_t virtual; /* virtual-APIC address */
    uint64_t posted;  /* posted-interrupt descriptor */
    uint8_t notification_vector;
};
