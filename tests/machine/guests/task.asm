; task.asm: switches tasks by hardware, which VMX leaves to software altogether: in every way there
; is, and wrongly. Each task notes what it finds: registers, the TSSs with their links, busy bits.
; Natively it prints the same. With -DTRIPLE the task of a double fault is no good; with -DBEYOND a
; TSS is above 4 GiB.
%include "lib.inc"
%include "pm.inc"

%define SEL_MAIN        0x30
%define SEL_A           0x38            ; the other task of most switches
%define SEL_HANDLER     0x40            ; of an exception
%define SEL_DOUBLE      0x48            ; of a double fault
%define SEL_LAST        0x50            ; it ends a test: jumps back to the main one
%define SEL_TSS16       0x58
%define SEL_LDT         0x60
%define SEL_GATE        0x68            ; to A
%define SEL_CODE3       0x70 + 3
%define SEL_DATA3       0x78 + 3
%define SEL_ABSENT      0x80            ; data, not present
%define SEL_SHORT       0x88            ; a TSS that is too short to be left
%define SEL_SMALL       0x90            ; a stack of 64 bytes
%define SEL_LDT_DATA    0x0C            ; in the LDT
%define TASKS           6               ; with a TSS, from SEL_MAIN on

%define VECTOR_TIMER    0x20
%define VECTOR_SOFT     0x30
%define VECTOR_END      0x31            ; a test is over, from ring 3 as well
%define VECTOR_IPI      0x32
%define VECTOR_DB       1
%define VECTOR_NMI      2
%define VECTOR_BP       3
%define VECTOR_DF       8
%define VECTOR_TS       10
%define VECTOR_NP       11
%define VECTOR_SS       12
%define VECTOR_GP       13
%define VECTOR_PF       14

%define LOG             0x20000         ; pairs: a name, a value
%define STACKS          0xC000
%define PD_A            0x10000         ; 32-bit paging: 4 MiB and up are different in these two
%define PD_B            0x11000
%define PDPT_A          0x12000         ; PAE paging: the same
%define PDPT_B          0x12020
%define PD_PAE          0x13000
%define PD_PAE_B        0x14000
%define WINDOW          0x400000
%define TSS_UNMAPPED    0x800000        ; where PD_A has nothing
%define APIC            0xFEE00000
%define LEVELS          1000            ; switches with nothing else in between

; NOTE "name", VALUE: to be printed when all is over. Keeps registers and flags.
%macro NOTE 2
        push dword %2
        call note
        db %1, 0
%endmacro

; TASK TSS, SELECTOR, EIP: a fresh 32-bit task, ready to be switched to.
%macro TASK 3
        mov edi, %1
        mov ebx, %2
        mov esi, %3
        call prepare
%endmacro

%macro TASK_GATE 2-3 0x8500             ; VECTOR, TSS, and if need be with DPL 3
        mov dword [PM_IDT + %1 * 8], %2 << 16
        mov dword [PM_IDT + %1 * 8 + 4], %3
%endmacro

%macro INTERRUPT_GATE 2
        mov dword [PM_IDT + %1 * 8], (SEL_CODE32 << 16) + %2
        mov dword [PM_IDT + %1 * 8 + 4], 0x8E00
%endmacro

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
bits 32

; --- JMP, CALL, a task gate, IRET -----------------------------------------------------------------

by_instruction:
        mov eax, 0x155                  ; local breakpoints of this task
        mov dr7, eax
        NOTE "test_jmp", 0
        TASK tss_a, SEL_A, task_jumps
        mov dword [tss_a + 0x28], 0xAAAA0001
        mov dword [tss_a + 0x44], 0xAAAA0002
        clts
        mov eax, 0x11111111
        mov ecx, 0x22222222
        mov edx, 0x33333333
        mov ebx, 0x44444444
        mov ebp, 0x55555555
        mov esi, 0x66666666
        mov edi, 0x77777777
        std
        jmp SEL_A:0
        call report
        cld
        NOTE "test_call", 0
        TASK tss_a, SEL_A, task_returns
        stc
        call SEL_A:0x12345678
        call report
        NOTE "test_call_again", 0
        call SEL_A:0
        call report
        NOTE "test_gate", 0
        call SEL_GATE:0
        call report
        NOTE "test_jmp_gate", 0
        TASK tss_a, SEL_A, task_jumps
        jmp SEL_GATE:0
        call report
        ret

; --- Task gates in the IDT ------------------------------------------------------------------------

by_event:
        NOTE "test_int", 0
        TASK_GATE VECTOR_SOFT, SEL_A
        TASK tss_a, SEL_A, task_returns
        int VECTOR_SOFT
        call report
        NOTE "test_int3", 0
        TASK_GATE VECTOR_BP, SEL_A
        int3
        call report
        NOTE "test_int1", 0
        TASK_GATE VECTOR_DB, SEL_A
        db 0xF1
        call report
        NOTE "test_gp", 0
        TASK_GATE VECTOR_GP, SEL_HANDLER
        TASK_GATE VECTOR_NP, SEL_HANDLER
        TASK tss_handler, SEL_HANDLER, task_handles
        mov eax, 0x1000
        mov fs, ax                      ; beyond the GDT
        call report
        NOTE "test_np", 0
        mov eax, SEL_ABSENT
        mov fs, ax
        call report
        NOTE "test_df", 0               ; the gate of #GP is none
        TASK_GATE VECTOR_DF, SEL_DOUBLE
        TASK tss_double, SEL_DOUBLE, task_handles
        mov dword [PM_IDT + VECTOR_GP * 8 + 4], 0x8100
        mov eax, 0x1000
        mov fs, ax
        call report
        NOTE "test_t_bit", 0
        INTERRUPT_GATE VECTOR_DB, trap_handler
        TASK tss_a, SEL_A, task_returns
        mov byte [tss_a + 0x64], 1
        call SEL_A:0
        call report
        NOTE "test_single_step", 0      ; the switch is no step, the NOP that follows is one
        TASK tss_a, SEL_A, task_jumps
        pushfd
        or dword [esp], 0x100
        popfd
        jmp SEL_A:0
        nop
        call report
        ret

; --- Interrupts, through the 8259 and the local APIC; NMIs -----------------------------------------

by_interrupt:
        NOTE "test_timer", 0
        in al, PORT_PIC1_DATA
        mov [pic_mask], al
        mov al, VECTOR_TIMER
        call pic_vectors
        mov al, 0xFE                    ; nothing but the timer
        out PORT_PIC1_DATA, al
        TASK_GATE VECTOR_TIMER, SEL_A
        TASK tss_a, SEL_A, task_timer
.sleep:
        xor eax, eax                    ; the same flags each time
        sti
        hlt
        cli
        cmp dword [ticks], 0
        je .sleep
        mov al, 0xFF
        out PORT_PIC1_DATA, al
        call report
        NOTE "test_ipi", 0
        mov eax, [APIC + 0xF0]
        push eax
        mov dword [APIC + 0xF0], 0x1FF
        TASK_GATE VECTOR_IPI, SEL_A
        TASK tss_a, SEL_A, task_ipi
        mov eax, SEL_ABSENT             ; just before, an event that has an error code
        mov fs, ax
        mov dword [APIC + 0x300], 0x40000 + VECTOR_IPI
        sti
        nop
        nop
        nop
        cli
        call report
        NOTE "test_ipi_fault", 0        ; a fault on the way to an interrupt's task: EXT
        TASK_GATE VECTOR_TS, SEL_HANDLER
        TASK tss_handler, SEL_HANDLER, task_ends_ipi
        TASK tss_a, SEL_A, task_jumps
        mov word [tss_a + 0x54], SEL_CODE32 + 0x1000
        mov dword [APIC + 0x300], 0x40000 + VECTOR_IPI
        sti
        nop
        nop
        nop
        cli
        call report
        NOTE "test_nmi", 0
        TASK_GATE VECTOR_NMI, SEL_A
        TASK tss_a, SEL_A, task_nmi
        mov eax, [APIC + 0x20]
        and eax, 0xFF000000
        mov [APIC + 0x310], eax
        mov dword [APIC + 0x300], 0x400
        nop
        nop
        NOTE "nmis", [nmis]
        call report
        pop eax
        mov [APIC + 0xF0], eax
        mov al, 8
        call pic_vectors
        mov al, [pic_mask]
        out PORT_PIC1_DATA, al
        ret

pic_vectors:                            ; AL: the first one of the 8259's
        mov ah, al
        mov al, 0x11
        out PORT_PIC1_COMMAND, al
        mov al, ah
        out PORT_PIC1_DATA, al
        mov al, 4
        out PORT_PIC1_DATA, al
        mov al, 1
        out PORT_PIC1_DATA, al
        ret

; --- Tasks of other kinds ---------------------------------------------------------------------------

kinds_of_tasks:
        NOTE "test_ldt", 0
        TASK tss_a, SEL_A, task_ldt
        mov word [tss_a + 0x60], SEL_LDT
        mov word [tss_a + 0x54], SEL_LDT_DATA
        mov byte [task_ldt_table + 13], 0x92 ; not accessed
        call SEL_A:0
        NOTE "accessed", [task_ldt_table + 12]
        call report
        NOTE "test_ring3", 0
        TASK_GATE VECTOR_END, SEL_LAST, 0xE500
        TASK tss_last, SEL_LAST, task_last
        TASK tss_a, SEL_A, task_user
        mov word [tss_a + 0x4C], SEL_CODE3
        mov word [tss_a + 0x50], SEL_DATA3
        mov word [tss_a + 0x54], SEL_DATA3
        mov word [tss_a + 0x48], SEL_DATA3
        mov word [tss_a + 0x58], SEL_DATA3
        mov word [tss_a + 0x5C], 0
        jmp SEL_A:0
        NOTE "user_cs", [user_cs]
        call report
        NOTE "test_v86", 0
        TASK tss_last, SEL_LAST, task_last
        TASK tss_a, SEL_A, task_v86
        mov dword [tss_a + 0x24], 0x23002
        mov dword [tss_a + 0x38], 0xF00 ; SP
        mov word [tss_a + 0x48], 0x1234 ; ES, CS, SS, DS, FS, GS
        mov word [tss_a + 0x4C], 0
        mov word [tss_a + 0x50], 0xC00
        mov word [tss_a + 0x54], 0
        mov word [tss_a + 0x58], 0x10
        mov word [tss_a + 0x5C], 0xFFFF
        jmp SEL_A:0
        NOTE "v86_segments", [v86_es]
        NOTE "v86_ss_ds", [v86_ss]
        NOTE "v86_fs_gs", [v86_fs]
        NOTE "v86_flags", [v86_flags]
        call report
        NOTE "test_16", 0
        call prepare16
        call SEL_TSS16:0
        call report16
        NOTE "test_16_error_code", 0
        call prepare16
        mov word [tss_16 + 0x0E], task_16_handles
        TASK_GATE VECTOR_NP, SEL_TSS16
        mov eax, SEL_ABSENT
        mov fs, ax
        call report16
        NOTE "error_code", [seen_16 + 32]
        ret

; --- Paging ----------------------------------------------------------------------------------------

address_spaces:
        mov edi, PD_A
        mov ecx, 0x5000 / 4
        xor eax, eax
        rep stosd
        mov dword [PD_A], 0x83
        mov dword [PD_A + 4], 0x83      ; WINDOW: address 0 again
        mov dword [PD_B], 0x83
        mov dword [PD_B + 4], 0x400083  ; WINDOW: itself
        mov dword [PDPT_A], PD_PAE + 1
        mov dword [PDPT_B], PD_PAE_B + 1
        mov dword [PD_PAE], 0x83
        mov dword [PD_PAE + 16], 0x83
        mov dword [PD_PAE_B], 0x83
        mov dword [PD_PAE_B + 16], 0x400083
        mov dword [0x500], 0xA0A0A0A0   ; the BIOS does not use it
        mov dword [WINDOW + 0x500], 0xB0B0B0B0
        NOTE "test_cr3", 0
        mov eax, PD_A
        mov edx, PD_B
        mov ecx, CR4_PSE
        call in_paging
        NOTE "test_pae", 0
        mov eax, PDPT_A
        mov edx, PDPT_B
        mov ecx, CR4_PAE
        call in_paging
        ret

; EAX: CR3, EDX: the other task's, ECX: the bit of CR4.
in_paging:
        mov [cr3_own], eax
        mov [cr3_other], edx
        mov cr4, ecx
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        NOTE "window", [WINDOW + 0x500]
        TASK tss_a, SEL_A, task_window
        mov eax, [cr3_other]
        mov [tss_a + 0x1C], eax
        mov eax, [cr3_own]
        mov [tss_main + 0x1C], eax
        call SEL_A:0
        NOTE "window", [WINDOW + 0x500]
        call report
%ifdef BEYOND
        mov dword [PD_PAE + 32], 0x83
        mov dword [PD_PAE + 36], 1
%endif
        NOTE "test_pf", 0               ; the new TSS is not there: the old task's fault
        INTERRUPT_GATE VECTOR_PF, fault_handler
        TASK tss_a, SEL_A, task_returns
        mov byte [task_gdt + SEL_A + 4], TSS_UNMAPPED >> 16
        mov eax, .after_pf
        call SEL_A:0
.after_pf:
        mov byte [task_gdt + SEL_A + 4], 0
        call report
        NOTE "test_pf_new", 0           ; its stack is not there: when it gets an error code
        TASK_GATE VECTOR_NP, SEL_A
        TASK_GATE VECTOR_PF, SEL_HANDLER
        TASK tss_handler, SEL_HANDLER, task_ends
        mov eax, [cr3_own]
        mov [tss_handler + 0x1C], eax
        TASK tss_a, SEL_A, task_jumps
        mov eax, [cr3_own]
        mov [tss_a + 0x1C], eax
        mov dword [tss_a + 0x38], TSS_UNMAPPED + 0x400002
        mov eax, SEL_ABSENT
        mov fs, ax
        call report
        mov eax, cr0
        and eax, ~CR0_PG
        mov cr0, eax
        xor eax, eax
        mov cr4, eax
        ret

; --- Faults ------------------------------------------------------------------------------------------

faults:
        TASK_GATE VECTOR_TS, SEL_HANDLER
        TASK_GATE VECTOR_NP, SEL_HANDLER
        TASK_GATE VECTOR_SS, SEL_HANDLER
        TASK_GATE VECTOR_GP, SEL_HANDLER
        TASK_GATE VECTOR_DF, SEL_DOUBLE
        TASK tss_handler, SEL_HANDLER, task_ends
        TASK tss_double, SEL_DOUBLE, task_ends
        mov ebp, wrong
.next:
        NOTE "test_wrong", [ebp]
        TASK tss_a, SEL_A, task_jumps
        mov ecx, [ebp]
        mov eax, [ebp + 4]
        mov [tss_a + ecx], eax
        push ebp
        jmp SEL_A:0
        pop ebp
        add ebp, 8
        cmp ebp, wrong_end
        jb .next

        NOTE "test_wrong_ds", 0         ; a handler in the new task, by an interrupt gate
        INTERRUPT_GATE VECTOR_TS, fault_in_new_task
        TASK tss_a, SEL_A, task_jumps
        mov dword [tss_a + 0x54], 0x1000
        jmp SEL_A:0
        call report

        NOTE "test_double", 0           ; #NP, and its task is no good
        TASK_GATE VECTOR_NP, SEL_A
        TASK_GATE VECTOR_TS, SEL_HANDLER
        TASK tss_a, SEL_A, task_jumps
        mov dword [tss_a + 0x50], SEL_CODE32
        mov eax, SEL_ABSENT
        mov fs, ax
        call report

        NOTE "test_stack", 0            ; #NP, and its error code has no room
        TASK tss_a, SEL_A, task_jumps
        mov dword [tss_a + 0x50], SEL_SMALL
        mov dword [tss_a + 0x38], 3
        mov eax, SEL_ABSENT
        mov fs, ax
        call report

        NOTE "test_short", 0            ; the old TSS is too short
        INTERRUPT_GATE VECTOR_TS, fault_handler
        mov byte [task_gdt + SEL_SHORT + 5], 0x89
        mov ax, SEL_SHORT
        ltr ax
        TASK tss_a, SEL_A, task_jumps
        mov eax, .after_short
        jmp SEL_A:0
.after_short:
        mov byte [task_gdt + SEL_MAIN + 5], 0x89
        mov ax, SEL_MAIN
        ltr ax
        call report
        ret

align 4
wrong:                                  ; an offset in the TSS, and what is there
        dd 0x50, SEL_CODE32             ; SS: no data
        dd 0x50, 0                      ; null
        dd 0x50, 0x1000                 ; beyond the GDT
        dd 0x50, SEL_ABSENT             ; not present: #SS
        dd 0x50, SEL_DATA3              ; another DPL
        dd 0x54, 0x1000                 ; DS
        dd 0x54, SEL_ABSENT             ; #NP
        dd 0x58, SEL_MAIN               ; FS: a TSS
        dd 0x48, 0x0C                   ; ES: in the LDT, of which there is none
        dd 0x4C, SEL_DATA               ; CS: no code
        dd 0x4C, 0
        dd 0x4C, SEL_CODE3              ; CPL 3, and SS is not
        dd 0x60, SEL_DATA               ; LDTR: no LDT
        dd 0x60, SEL_LDT + 4            ; in the LDT
        dd 0x60, 0x1000
wrong_end:

; --- Switches and nothing else --------------------------------------------------------------------

many:
        NOTE "test_many", 0
        TASK tss_a, SEL_A, .there
.there:
        inc dword [levels]
        cmp dword [levels], 3 * LEVELS
        ja .enough
        xor word [target + 4], SEL_MAIN ^ SEL_A
        jmp far [target]
        jmp .there
.enough:
        NOTE "levels", [levels]
        str ax
        cmp ax, SEL_MAIN
        je .done
        jmp SEL_MAIN:0
.done:
        call report
        ret

; --- The tasks -----------------------------------------------------------------------------------

task_jumps:
        call report_registers
        jmp SEL_MAIN:0
        jmp task_jumps

task_returns:
        call report_registers
        iretd
        jmp task_returns

task_handles:                           ; an exception by a MOV to a segment register: skips it
        pop dword [error_code]
        NOTE "error_code", [error_code]
        call report_registers
        add dword [tss_main + 0x20], 2
        iretd
        jmp task_handles

task_ends:                              ; the same for a task that never gets anywhere
        pop dword [error_code]
        NOTE "error_code", [error_code]
        mov eax, cr2
        NOTE "cr2", eax
        NOTE "faulty_eip", [tss_a + 0x20]
        NOTE "faulty_cs", [tss_a + 0x4C]
        NOTE "faulty_ss", [tss_a + 0x50]
        NOTE "faulty_eflags", [tss_a + 0x24]
        call report_registers
        cmp byte [task_gdt + SEL_MAIN + 5], 0x8B
        jne .jump
        mov byte [task_gdt + SEL_MAIN + 5], 0x89 ; it was left by an event
        add dword [tss_main + 0x20], 2
.jump:
        jmp SEL_MAIN:0
        jmp task_ends

task_ends_ipi:
        pop dword [error_code]
        NOTE "error_code", [error_code]
        call report_registers
        mov dword [APIC + 0xB0], 0
        mov byte [task_gdt + SEL_MAIN + 5], 0x89
        jmp SEL_MAIN:0

task_timer:
        inc dword [ticks]
        mov al, 0x20
        out PORT_PIC1_COMMAND, al
        NOTE "ticks", [ticks]
        jmp task_returns

task_ipi:
        mov dword [APIC + 0xB0], 0
        jmp task_returns

task_nmi:                               ; sends one more, which has to wait for the IRET
        inc dword [nmis]
        cmp dword [nmis], 1
        jne .second
        mov dword [APIC + 0x300], 0x400
        nop
        nop
.second:
        NOTE "nmi", [nmis]
        call report_registers
        iretd
        jmp task_nmi

task_ldt:
        mov eax, [4]                    ; of the segment that the LDT has
        mov bx, SEL_DATA
        mov ds, bx
        NOTE "from_ldt", eax
        jmp task_returns

task_user:
        mov [user_cs], cs
        int VECTOR_END

task_last:
        call report_registers
        jmp SEL_MAIN:0

task_window:
        NOTE "window", [WINDOW + 0x500]
        jmp task_returns

bits 16
task_v86:
        mov [v86_es], es
        mov [v86_es + 2], cs
        mov [v86_ss], ss
        mov [v86_ss + 2], ds
        mov [v86_fs], fs
        mov [v86_fs + 2], gs
        pushfd
        pop dword [v86_flags]
        int VECTOR_END

task_16:
        call .registers
        iret
        jmp task_16
.registers:
        mov [seen_16], eax
        mov [seen_16 + 4], ecx
        mov [seen_16 + 8], edx
        mov [seen_16 + 12], ebx
        mov [seen_16 + 16], esp
        mov [seen_16 + 20], ebp
        mov [seen_16 + 24], fs
        mov [seen_16 + 26], gs
        pushfd
        pop dword [seen_16 + 28]
        ret

task_16_handles:
        pop word [seen_16 + 32]
        call task_16.registers
        add word [tss_main + 0x20], 2
        iret
bits 32

trap_handler:                           ; #DB: of the T bit, in the new task, or of a step
        push eax
        mov eax, dr6
        NOTE "dr6", eax
        NOTE "trap_eip", [esp + 4]
        NOTE "trap_eflags", [esp + 12]
        mov eax, 0xFFFF0FF0             ; for the next one
        mov dr6, eax
        pop eax
        and dword [esp + 8], ~0x100
        iretd

fault_handler:                          ; in the old task: goes on at EAX
        pop dword [error_code]
        NOTE "error_code", [error_code]
        NOTE "fault_eflags", [esp + 8]
        push eax
        mov eax, cr2
        NOTE "cr2", eax
        pop eax
        add esp, 12
        push eax
        NOTE "fault_esp", esp
        ret

fault_in_new_task:
        mov eax, [ss:esp]
        mov bx, SEL_DATA
        mov ds, bx
        NOTE "error_code", eax
        NOTE "fault_eip", [esp + 4]
        NOTE "fault_cs", [esp + 8]
        NOTE "fault_eflags", [esp + 12]
        call report_registers
        jmp SEL_MAIN:0

; --- What is noted ---------------------------------------------------------------------------------

note:                                   ; the value is on the stack, the name after the call
        pushfd
        pushad
        cld
        push ds
        mov ax, SEL_DATA
        mov ds, ax
        mov esi, [esp + 40]
        mov ebx, [log_next]
        mov [ebx], esi
        mov eax, [esp + 44]
        mov [ebx + 4], eax
        add dword [log_next], 8
.next:  lodsb
        test al, al
        jnz .next
        mov [esp + 40], esi
        pop ds
        popad
        popfd
        ret 4

report_registers:
        NOTE "eax", eax
        NOTE "ecx", ecx
        NOTE "edi", edi
        NOTE "esp", esp
report:
        pushfd
        pushad
        NOTE "eflags", [esp + 32]
        xor eax, eax
        str ax
        NOTE "tr", eax
        sldt ax
        NOTE "ldtr", eax
        mov eax, cr0
        NOTE "cr0", eax
        mov eax, cr3
        NOTE "cr3", eax
        mov eax, dr7
        NOTE "dr7", eax
        NOTE "main_eip", [tss_main + 0x20]
        NOTE "main_eflags", [tss_main + 0x24]
        mov ebx, SEL_MAIN
        mov esi, tss_main
        mov edx, TASKS
.next:
        movzx eax, byte [task_gdt + ebx + 5]
        shl eax, 24
        mov ax, [esi]                   ; the link
        NOTE "type_link", eax
        xor eax, eax
        mov ecx, 0x68 / 4
.sum:
        rol eax, 5
        xor eax, [esi]
        add esi, 4
        loop .sum
        NOTE "sum", eax
        add ebx, 8
        dec edx
        jnz .next
        popad
        popfd
        ret

report16:
        pushad
        mov ecx, 8
        mov esi, seen_16
.next:
        NOTE "seen_16", [esi]
        add esi, 4
        loop .next
        popad
        jmp report

; EDI: a TSS, EBX: its selector, ESI: EIP. The stack is its own.
prepare:
        push edi
        mov ecx, 0x68 / 4
        xor eax, eax
        rep stosd
        pop edi
        mov [edi + 0x20], esi
        mov dword [edi + 0x24], 2
        mov eax, ebx
        shl eax, 5                      ; 256 bytes for each
        add eax, STACKS
        mov [edi + 0x38], eax
        mov word [edi + 0x48], SEL_DATA
        mov word [edi + 0x4C], SEL_CODE32
        mov word [edi + 0x50], SEL_DATA
        mov word [edi + 0x54], SEL_DATA
        mov word [edi + 0x58], SEL_DATA
        mov word [edi + 0x5C], SEL_DATA
        mov word [edi + 0x66], 0x68
        mov byte [task_gdt + ebx + 5], 0x89
        ret

prepare16:
        mov edi, tss_16
        mov ecx, 0x68 / 4
        xor eax, eax
        rep stosd
        mov word [tss_16 + 0x0E], task_16
        mov word [tss_16 + 0x10], 2
        mov word [tss_16 + 0x12], 0x1616
        mov word [tss_16 + 0x1A], STACKS - 0x100
        mov word [tss_16 + 0x1C], 0x1C1C
        mov word [tss_16 + 0x22], SEL_DATA
        mov word [tss_16 + 0x24], SEL_CODE16
        mov word [tss_16 + 0x26], SEL_DATA16
        mov word [tss_16 + 0x28], SEL_DATA
        mov byte [task_gdt + SEL_TSS16 + 5], 0x81
        ret

bits 16
show:
        mov ax, LOG >> 4
        mov es, ax
        xor di, di
.next:
        mov si, [es:di]
        call say_text
        SHOW "", [es:di + 4]
        add di, 8
        cmp di, [log_next]
        jb .next
        ret

align 8
task_gdt:
        dq 0
        dq 0x00CF92000000FFFF
        dq 0x00009A000000FFFF
        dq 0x000092000000FFFF
        dq 0x00CF9A000000FFFF
        dq 0
        dw 0x67, tss_main, 0x8900, 0
        dw 0x67, tss_a, 0x8900, 0
        dw 0x67, tss_handler, 0x8900, 0
        dw 0x67, tss_double, 0x8900, 0
        dw 0x67, tss_last, 0x8900, 0
        dw 0x2B, tss_16, 0x8100, 0
        dw 15, task_ldt_table, 0x8200, 0
        dw 0, SEL_A, 0x8500, 0
        dq 0x00CFFA000000FFFF
        dq 0x00CFF2000000FFFF
        dq 0x00CF12000000FFFF
        dw 0x5E, tss_main, 0x8900, 0
        dw 0x3F, STACKS, 0x9200, 0x40
task_gdtr: dw task_gdtr - task_gdt - 1
        dd task_gdt
task_idtr: dw 64 * 8 - 1
        dd PM_IDT

align 8
task_ldt_table:                           ; the LDT
        dq 0
        dw 7, ldt_data, 0x9200, 0
ldt_data: dd 0, 0x1D71D71D

align 4
tss_main:       times 0x68 db 0         ; in the order of their selectors
tss_a:          times 0x68 db 0
tss_handler:    times 0x68 db 0
tss_double:     times 0x68 db 0
tss_last:       times 0x68 db 0
tss_16:         times 0x68 db 0
log_next:       dd LOG
error_code:     dd 0
ticks:          dd 0
nmis:           dd 0
levels:         dd 0
target:         dd 0
                dw SEL_MAIN
pic_mask:       db 0
align 4
cr3_own:        dd 0
cr3_other:      dd 0
user_cs:        dd 0
v86_es:         dd 0
v86_ss:         dd 0
v86_fs:         dd 0
v86_flags:      dd 0
seen_16:        times 10 dd 0

%include "lib_end.inc"
