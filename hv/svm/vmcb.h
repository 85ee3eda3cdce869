/*
 * svm/vmcb.h: the virtual machine control block, and the bits in it. Plain numbers and one struct.
 * Source: APM volume 2, "VMCB Layout" (appendix B): table B-1 is the control area, B-2 the state
 * save area.
 */
#pragma once

#include <stdint.h>

/* Access rights are those of a descriptor without the four bits of limit between their two halves:
 * bits 7:0 and, in bits 11:8, AVL, L, D/B and G. */
struct vmcb_segment {
    uint16_t selector, rights;
    uint32_t limit;
    uint64_t base;
};

struct vmcb {
    /* --- Control area --- */
    uint16_t cr_reads, cr_writes; /* a bit for each register, as in the next two */
    uint16_t dr_reads, dr_writes;
    uint32_t exceptions;
    uint32_t intercepts, intercepts2; /* INTERCEPT_..., INTERCEPT2_... */
    uint8_t reserved0[0x40 - 0x14];
    uint64_t io_map, msr_map; /* physical addresses */
    uint64_t tsc_offset;
    uint32_t asid;
    uint32_t tlb_control;
    uint32_t virtual_interrupt; /* V_... */
    uint32_t virtual_vector;
    uint64_t shadow; /* bit 0: the instruction after STI or MOV SS */
    uint64_t exit_code, exit_info1, exit_info2;
    uint32_t exit_event, exit_event_error; /* EXITINTINFO: the event that the exit interrupted */
    uint64_t nested_paging;                /* bit 0 */
    uint8_t reserved1[0xA8 - 0x98];
    uint32_t event, event_error; /* EVENTINJ: what the next entry injects */
    uint64_t nested_cr3;
    uint8_t reserved2[0xC8 - 0xB8];
    uint64_t next_rip;
    uint8_t reserved3[0x400 - 0xD0];

    /* --- State save area --- */
    struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    uint8_t reserved4[0x4CB - 0x4A0];
    uint8_t cpl;
    uint32_t reserved5;
    uint64_t efer;
    uint8_t reserved6[0x548 - 0x4D8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t reserved7[0x5D8 - 0x580];
    uint64_t rsp;
    uint8_t reserved8[0x5F8 - 0x5E0];
    uint64_t rax;
    uint64_t star, lstar, cstar, sfmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t cr2;
    uint8_t reserved9[0x668 - 0x648];
    uint64_t pat;
    uint8_t reserved10[0x1000 - 0x670];

    /* --- Not the processor's: what a VMCS has and a VMCB has not, software keeps for itself --- */
    struct {
        uint64_t activity; /* SLEEP_... */
        uint64_t blocked;  /* BLOCKING_NMI, or 0 */
        uint64_t dr6;      /* the guest's, during a step over hidden memory */
        uint64_t pending_debug, pdpte[4];
        uint64_t interrupt_status, tpr_threshold, cr0_shadow; /* of no meaning here */
        uint64_t event_length;
        uint64_t exited_event, exited_event_error; /* the exception or NMI that was the exit */
        uint64_t exit_reason;                      /* in Intel's numbers: codes.c */
        uint64_t exit_length;                      /* bytes of the instruction */
    } kept;
};

/* --- intercepts: vector 3 in table B-1 --- */
#define INTERCEPT_INTR     0x00000001u
#define INTERCEPT_NMI      0x00000002u
#define INTERCEPT_INIT     0x00000008u
#define INTERCEPT_VINTR    0x00000010u
#define INTERCEPT_CPUID    0x00040000u
#define INTERCEPT_IRET     0x00100000u
#define INTERCEPT_INVD     0x00400000u
#define INTERCEPT_HLT      0x01000000u
#define INTERCEPT_IO       0x08000000u
#define INTERCEPT_MSR      0x10000000u
#define INTERCEPT_SHUTDOWN 0x80000000u
/* --- intercepts2: vector 4: VMRUN, VMMCALL, VMLOAD, VMSAVE, STGI, CLGI, SKINIT --- */
#define INTERCEPT2_SVM 0x0000007Fu

/* --- virtual_interrupt: offset 60h --- */
#define V_TPR          0x0000000Fu
#define V_IRQ          0x00000100u
#define V_PRIORITY     0x000F0000u
#define V_IGNORE_TPR   0x00100000u
#define V_INTR_MASKING 0x01000000u

#define SHADOW        0x1ull
#define NESTED_PAGING 0x1ull
#define TLB_FLUSH_ALL 0x1u

/* --- exit_code: APM volume 2, "SVM Intercept Exit Codes" (appendix C) --- */
#define SVM_EXIT_CR_READ      0x00 /* + the register */
#define SVM_EXIT_CR_WRITE     0x10
#define SVM_EXIT_EXCEPTION    0x40 /* + the vector */
#define SVM_EXIT_INTR         0x60
#define SVM_EXIT_NMI          0x61
#define SVM_EXIT_INIT         0x63
#define SVM_EXIT_VINTR        0x64
#define SVM_EXIT_CPUID        0x72
#define SVM_EXIT_IRET         0x74
#define SVM_EXIT_INVD         0x76
#define SVM_EXIT_HLT          0x78
#define SVM_EXIT_IO           0x7B
#define SVM_EXIT_MSR          0x7C
#define SVM_EXIT_SHUTDOWN     0x7F
#define SVM_EXIT_VMRUN        0x80
#define SVM_EXIT_VMMCALL      0x81
#define SVM_EXIT_VMLOAD       0x82
#define SVM_EXIT_SKINIT       0x86
#define SVM_EXIT_LAST         0x8F
#define SVM_EXIT_NESTED_FAULT 0x400
#define SVM_EXIT_INVALID      0xFFFFFFFFu /* in the low 32 bits */
