; task.asm: switches tasks by hardware, which VMX leaves to software altogether: in every way there
; is, and wrongly. Each task notes what it finds: registers, the TSSs with their links, busy bits.
; Natively it prints the same. With -DTRIPLE the task of a double fault is no good; with -DBEYOND a
; TSS is above 4 GiB.
%include "lib.inc"
%include "pm.inc"
%include "task.inc"

main:
        call enter32
bits 32
        lgdt [task_gdtr]
        lidt [task_idtr]
        mov ax, SEL_MAIN
        ltr ax
        mov ax, SEL_LDT
        lldt ax
%ifdef TRIPLE
        TASK_GATE VECTOR_TS, SEL_HANDLER ; it would be glad to help
        TASK tss_handler, SEL_HANDLER, task_ends
        TASK_GATE VECTOR_DF, SEL_A
        TASK tss_a, SEL_A, task_handles
        mov dword [tss_a + 0x50], 0x1000
        mov dword [PM_IDT + VECTOR_GP * 8 + 4], 0x8100
        mov eax, 0x1000
        mov fs, ax
%endif
%ifdef BEYOND
        call address_spaces
%endif
        call by_instruction
        call by_event
        call by_interrupt
        call kinds_of_tasks
        call address_spaces
        call faults
        call many
        call leave32
bits 16
        call show
        END

%include "task_ways.inc"
%include "task_interrupts.inc"
%include "task_kinds.inc"
%include "task_paging.inc"
%include "task_faults.inc"
%include "lib_end.inc"
