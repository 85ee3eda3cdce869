/*
 * cpu/x86.h: constants of the architecture and of the PC that more than one file needs, once.
 *
 * Only plain numbers stand here: pure logic may include this, and tools/gen_inc.c prints what
 * assembly needs of it as build/x86.inc. Numbers of MSRs are in cpu/msr.h, the VMCS's
 * fields and bits in vmx/, and what hv16 itself decides in layout.h. Masks have 64 bits, as the
 * registers have here: ~ of one leaves nothing out.
 */
#pragma once

/* SDM volume 3, "Control Registers" (3A 2.5). */
#define CR0_PE      0x00000001ull
#define CR0_TS      0x00000008ull
#define CR0_ET      0x00000010ull
#define CR0_NE      0x00000020ull
#define CR0_WP      0x00010000ull
#define CR0_NW      0x20000000ull
#define CR0_CD      0x40000000ull
#define CR0_PG      0x80000000ull
#define CR4_PSE     0x00000010ull
#define CR4_PAE     0x00000020ull
#define CR4_LA57    0x00001000ull
#define CR4_VMXE    0x00002000ull
#define CR4_PCIDE   0x00020000ull
#define CR4_OSXSAVE 0x00040000ull
#define CR4_SMAP    0x00200000ull
#define CR4_PKE     0x00400000ull

/* SDM volume 3, "Extended Feature Enable Register" (3A 2.2.1). */
#define EFER_SCE  0x001ull
#define EFER_LME  0x100ull
#define EFER_LMA  0x400ull
#define EFER_NXE  0x800ull
#define EFER_SVME 0x1000ull

/* SDM volume 1, "EFLAGS Register" (3.4.3). */
#define RFLAGS_FIXED 0x00000002ull /* bit 1 is always 1 */
#define RFLAGS_ZF    0x00000040ull
#define RFLAGS_TF    0x00000100ull
#define RFLAGS_IF    0x00000200ull
#define RFLAGS_DF    0x00000400ull
#define RFLAGS_NT    0x00004000ull /* IRET goes back to the task in the link field */
#define RFLAGS_RF    0x00010000ull
#define RFLAGS_VM    0x00020000ull
#define RFLAGS_AC    0x00040000ull
#define RFLAGS_ID    0x00200000ull /* can be changed: there is CPUID */
#define RFLAGS_ALL   0x003F7FD5ull /* all that are not reserved */

/* SDM volume 3, "Debug Registers" (3B 17.2). */
#define DR6_BT    0x8000ull /* the T bit of the new task's TSS */
#define DR7_LOCAL 0x0155ull /* L0 to L3 and LE, which a task switch clears */
#define DR7_GD    0x2000ull /* cleared by each debug exception */

/* SDM volume 3, "Debug Status Register (DR6)" (3B 17.2.3). */
#define DR6_BS      0x4000ull /* a single-step trap */
#define DR6_REASONS 0xE00Full /* all that say why #DB came */

/* SDM volume 2, "CPUID", leaf 01H. */
#define CPUID_1_ECX_VMX          (1u << 5)
#define CPUID_1_ECX_SMX          (1u << 6)
#define CPUID_1_ECX_X2APIC       (1u << 21)
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define CPUID_1_ECX_OSXSAVE      (1u << 27) /* a copy of CR4.OSXSAVE */
#define CPUID_1_ECX_HYPERVISOR   (1u << 31)
#define CPUID_1_EDX_APIC         (1u << 9)
#define CPUID_1_EDX_MTRR         (1u << 12)

/* SDM volume 3, "Exception and Interrupt Vectors" and "Error Code" (3A 6.2 and 6.13). */
#define EXCEPTION_VECTORS 32
#define VECTOR_DE         0
#define VECTOR_DB         1
#define VECTOR_NMI        2
#define VECTOR_UD         6
#define VECTOR_DF         8
#define VECTOR_TS         10
#define VECTOR_NP         11
#define VECTOR_SS         12
#define VECTOR_GP         13
#define VECTOR_PF         14
#define VECTOR_AC         17
#define VECTOR_MC         18
#define VECTOR_CP         21
/* The exceptions that push an error code, but for #CP: VM entry does not count that among them. SDM
 * volume 3, "VM-Entry Control Fields" (3C 27.2.1.3). */
#define VECTORS_WITH_ERROR_CODE                                                                    \
    (1u << VECTOR_DF | 1u << VECTOR_TS | 1u << VECTOR_NP | 1u << VECTOR_SS | 1u << VECTOR_GP |     \
     1u << VECTOR_PF | 1u << VECTOR_AC)

/* Of two in a row, the second while the first is delivered, the outcome is a double fault. */
#define CONTRIBUTORY_VECTORS                                                                       \
    (1u << VECTOR_DE | 1u << VECTOR_TS | 1u << VECTOR_NP | 1u << VECTOR_SS | 1u << VECTOR_GP |     \
     1u << VECTOR_CP)

/* SDM volume 3, "Segment Descriptors" (3A 3.4.5): all of memory, ring 0. */
#define SEGMENT_CODE32 0x00CF9A000000FFFFull
#define SEGMENT_DATA   0x00CF92000000FFFFull
#define SEGMENT_CODE64 0x00AF9A000000FFFFull

/* Access rights: bits 55:40 of a descriptor, and VMX's access-rights fields. SDM volume 3, "Segment
 * Descriptors" (3A 3.4.5), "Guest Register State" (3C 25.4.1). */
#define AR_TYPE          0x0000000fu
#define AR_TYPE_ACCESSED 0x00000001u
#define AR_TYPE_READABLE 0x00000002u /* of code */
#define AR_TYPE_WRITABLE 0x00000002u /* of data */
#define AR_TYPE_DOWN     0x00000004u /* of data: expands down */
#define AR_TYPE_CONFORMS 0x00000004u /* of code */
#define AR_TYPE_CODE     0x00000008u
#define AR_TYPE_LDT      0x00000002u /* of a system segment */
#define AR_TYPE_BUSY     0x00000002u /* of a TSS */
#define AR_TYPE_TSS32    0x00000008u /* of a TSS */
#define AR_S             0x00000010u /* code or data, not system */
#define AR_DPL           0x00000060u
#define AR_DPL_SHIFT     5
#define AR_PRESENT       0x00000080u
#define AR_L             0x00002000u /* 64-bit code */
#define AR_DB            0x00004000u
#define AR_GRANULARITY   0x00008000u
#define AR_UNUSABLE      0x00010000u
#define AR_RESERVED      0xfffe0f00u

/* SDM volume 3, "Paging" (3A 4.5): the size of a page and of a table, and bits of an entry. */
#define PAGE_SIZE 4096ull
#define ENTRY_P   0x01ull
#define ENTRY_RW  0x02ull
#define ENTRY_US  0x04ull
#define ENTRY_PWT 0x08ull
#define ENTRY_PCD 0x10ull
#define ENTRY_PS  0x80ull /* the entry maps a page, there is no further table */

/* --- A PC's ports ----------------------------------------------------------------------------- */
#define PORT_PIC1_COMMAND  0x20 /* the two 8259 interrupt controllers */
#define PORT_PIC1_DATA     0x21
#define PORT_PIC2_COMMAND  0xA0
#define PORT_PIC2_DATA     0xA1
#define PORT_PIT_DATA      0x40 /* the 8254 timer, counter 0 */
#define PORT_PIT_COMMAND   0x43
#define PORT_KBD_DATA      0x60
#define PORT_KBD_COMMAND   0x64
#define PORT_CMOS_INDEX    0x70
#define PORT_CMOS_DATA     0x71
#define PORT_DELAY         0x80 /* takes about a microsecond on a PC, and harms nobody */
#define PORT_SYSTEM_A      0x92 /* fast A20 and fast reset */
#define PORT_PCI_ADDRESS   0xCF8
#define PORT_PCI_DATA      0xCFC
#define PORT_PCI_END       0xD00
#define PORT_RESET_CONTROL 0xCF9

/* Intel 8259A data sheet, "Operation Command Word 3": what the next read of a PIC's command port is
 * of; IRR is what it is of by default. */
#define PIC_READ_IRR 0x0A
#define PIC_READ_ISR 0x0B

/* The keyboard controller's commands. */
#define KBD_WRITE_OUTPUT 0xD1 /* the next byte to port 60h goes to the output port */
#define KBD_OUTPUT_CALM  0xDF /* for the output port: no reset, A20 open, nothing else changes */
#define KBD_RESET        0xFE /* pulses the reset line */

#define CMOS_SHUTDOWN      0x0F /* what the BIOS is to do after an INIT: */
#define SHUTDOWN_JUMP_INIT 0x05 /* jump to 40:67's address, with fresh interrupt controllers */
#define SHUTDOWN_JUMP      0x0A /* the same, with these as they are */

#define SYSTEM_A_RESET 0x01 /* of PORT_SYSTEM_A: 0 -> 1 resets the processor */
#define SYSTEM_A_A20   0x02

#define RESET_CONTROL_SYSTEM 0x02 /* of PORT_RESET_CONTROL: what is reset, all or the processor */
#define RESET_CONTROL_CPU    0x04 /* 0 -> 1 resets */

/* PCI configuration space, what is written to PORT_PCI_ADDRESS: bus 0, a function of a device, and
 * one of its registers of 32 bits. */
#define PCI_ENABLE    0x80000000u
#define PCI_FUNCTION  0x100       /* from one to the next, ... */
#define PCI_BUS       0x10000     /* ... and how far those of a bus reach */
#define PCI_SELECTED  0x80FFFFFCu /* the bits that count */
#define PCI_COMMAND   0x04
#define PCI_CLASS     0x08
#define PCI_CLASS_IDE 0x0101 /* in the upper half */
#define PCI_BAR4      0x20

/* A disk of the PC: its sectors, and what the first one has: a partition table and a signature. */
#define SECTOR_SIZE      512
#define MBR_TABLE_OFFSET 446
#define MBR_ENTRY_SIZE   16
#define MBR_ENTRIES      4
#define MBR_ACTIVE       0x80
#define BOOT_SIGNATURE   0xAA55
#define BOOT_SIG_OFFSET  510

/* Real-mode data of the BIOS, and the memory of text mode. */
#define BDA_EBDA          0x40E /* segment of the extended BIOS data area */
#define BDA_BASE_MEMORY   0x413 /* KiB of memory below the EBDA, a word */
#define BDA_WARM_START    0x467 /* a far address: see CMOS_SHUTDOWN */
#define BDA_VIDEO_MODE    0x449
#define BDA_VIDEO_COLUMNS 0x44A
#define BDA_VIDEO_ROWS    0x484 /* rows minus one */
#define BDA_END           0x500
#define VGA_TEXT          0xB8000

/* The numbers that ModRM, and so the exit qualifications, use for the general registers. */
enum gpr {
    REG_RAX,
    REG_RCX,
    REG_RDX,
    REG_RBX,
    REG_RSP,
    REG_RBP,
    REG_RSI,
    REG_RDI,
    REG_R8,
    REG_R9,
    REG_R10,
    REG_R11,
    REG_R12,
    REG_R13,
    REG_R14,
    REG_R15,
    REG_COUNT
};

/* Memory types: SDM volume 3, "Methods of Caching Available" (3A 12.3). */
enum memory_type { MEM_UC = 0, MEM_WC = 1, MEM_WT = 4, MEM_WP = 5, MEM_WB = 6 };

/* Offsets of the local APIC's registers: SDM volume 3, "Local APIC Register Address Map" (3A table
 * 11-1). IRR, ISR and TMR are eight words of 32 bits each, 10H apart. x2APIC has them at MSR 800H +
 * offset / 10H. */
#define LAPIC_ID            0x020u
#define LAPIC_VERSION       0x030u
#define LAPIC_TPR           0x080u
#define LAPIC_APR           0x090u
#define LAPIC_PPR           0x0A0u
#define LAPIC_EOI           0x0B0u
#define LAPIC_RRD           0x0C0u
#define LAPIC_LDR           0x0D0u
#define LAPIC_DFR           0x0E0u
#define LAPIC_SVR           0x0F0u
#define LAPIC_ISR           0x100u
#define LAPIC_TMR           0x180u
#define LAPIC_IRR           0x200u
#define LAPIC_ESR           0x280u
#define LAPIC_LVT_CMCI      0x2F0u
#define LAPIC_ICR           0x300u /* in x2APIC mode 64 bits wide */
#define LAPIC_ICR_HIGH      0x310u
#define LAPIC_LVT_TIMER     0x320u
#define LAPIC_LVT_THERMAL   0x330u
#define LAPIC_LVT_PERF      0x340u
#define LAPIC_LVT_LINT0     0x350u
#define LAPIC_LVT_LINT1     0x360u
#define LAPIC_LVT_ERROR     0x370u
#define LAPIC_INITIAL_COUNT 0x380u
#define LAPIC_CURRENT_COUNT 0x390u
#define LAPIC_DIVIDE        0x3E0u
#define LAPIC_SELF_IPI      0x3F0u /* x2APIC only */

#define LAPIC_SVR_ENABLE 0x100u /* "APIC software enable" */
#define LAPIC_LVT_MASKED 0x10000u
#define LAPIC_LVT_TSC    0x40000u /* timer mode TSC-deadline */

/* Bits of the ICR: SDM volume 3, "Interrupt Command Register (ICR)" (3A 11.6.1). */
#define LAPIC_ICR_NMI     0x00400u /* delivery modes: those of enum lapic_delivery */
#define LAPIC_ICR_INIT    0x00500u
#define LAPIC_ICR_STARTUP 0x00600u
#define LAPIC_ICR_LOGICAL 0x00800u
#define LAPIC_ICR_PENDING 0x01000u /* "delivery status" */
#define LAPIC_ICR_ASSERT  0x04000u
#define LAPIC_ICR_LEVEL   0x08000u
#define LAPIC_ICR_SELF    0x40000u /* shorthands: those of enum lapic_shorthand */
#define LAPIC_ICR_OTHERS  0xC0000u

/* Its fields "delivery mode" and "destination shorthand". */
enum lapic_delivery {
    LAPIC_FIXED,
    LAPIC_LOWEST_PRIORITY,
    LAPIC_SMI,
    LAPIC_RESERVED_3,
    LAPIC_NMI,
    LAPIC_INIT,
    LAPIC_STARTUP,
    LAPIC_EXTINT, /* of an LVT entry; reserved in the ICR */
};
enum lapic_shorthand { LAPIC_DESTINATION, LAPIC_SELF, LAPIC_ALL, LAPIC_OTHERS };

/* Bits of the ESR: SDM volume 3, "Error Handling" (3A 11.5.3). */
#define LAPIC_SEND_ILLEGAL_VECTOR    0x20u
#define LAPIC_RECEIVE_ILLEGAL_VECTOR 0x40u
#define LAPIC_ILLEGAL_REGISTER       0x80u
#define LAPIC_VECTOR_MIN             16u /* the vectors below are the illegal ones */

/* IA32_APIC_BASE: SDM volume 3, "Local APIC Status and Location" (3A 11.4.4). */
#define APIC_BASE_BSP     0x100ull
#define APIC_BASE_EXTD    0x400ull /* x2APIC mode */
#define APIC_BASE_EN      0x800ull
#define APIC_BASE_ADDRESS 0x000FFFFFFFFFF000ull
#define APIC_BASE_DEFAULT 0xFEE00000u /* the address after power-up */
