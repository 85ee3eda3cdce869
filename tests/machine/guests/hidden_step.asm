; hidden_step.asm: what may come between an access to hidden memory and the end of its step:
; interrupts whose handler exits, STI in front, exceptions of the same instruction.
%include "lib.inc"
%include "pm.inc"

%define READS           1000
%define IRQ0            8
%define PAGE_DIRECTORY  0x10000
%define NOT_PRESENT     0x40000000      ; 4 MiB without memory in the page directory

main:
        mov ax, 0x2401                  ; the BIOS opens A20
        int 0x15
        mov eax, HYPERCALL_MAGIC        ; where is the block?
        mov ebx, 3
        vmcall
        mov [base], eax
        call faults_catch
        mov dword [1 * 4], on_trap
        call big_limits
        call timer_fast
        call read_often
        call read_behind_sti
        call timer_slow
        call general_protection
        cli
        call enter32
bits 32
        call page_fault
        call leave32
bits 16
        SHOW "pf", [page_fault_vector]
        SHOW "cr2", [page_fault_address]
        SHOW16 "pf_flags", [page_fault_flags]
        END

; --- Interrupts ------------------------------------------------------------------------------------

timer_fast:
        cli
        mov eax, [IRQ0 * 4]
        mov [old_irq0], eax
        mov dword [IRQ0 * 4], on_irq0
        mov bx, 512                     ; about 2330 Hz, some 1700 instructions
        jmp timer_set
timer_slow:
        cli
        mov eax, [old_irq0]
        mov [IRQ0 * 4], eax
        xor bx, bx
timer_set:
        mov al, 0x36
        out PORT_PIT_COMMAND, al
        mov al, bl
        out PORT_PIT_DATA, al
        mov al, bh
        out PORT_PIT_DATA, al
        sti
        ret

; Its handler exits, which would end a step, and notes the flags that its IRET will restore.
on_irq0:
        push bp
        mov bp, sp
        push ax
        mov ax, [bp + 6]
        or [cs:seen_flags], ax
        inc dword [cs:irqs]
        in al, PORT_KBD_COMMAND
        mov al, 0x20
        out PORT_PIC1_COMMAND, al
        pop ax
        pop bp
        iret

on_trap:
        inc dword [cs:traps]
        iret

; Prints the flags of now, of all frames since the last time, and how many interrupts and traps.
report:
        pushf
        pop word [flags]
        SHOW16 "flags", [flags]
        SHOW16 "frames", [seen_flags]
        SHOW "irqs", [irqs]
        SHOW "traps", [traps]
        mov word [seen_flags], 0
        mov dword [irqs], 0
        ret

read_often:
        mov esi, [base]
        mov ecx, READS
.next:
        mov eax, [fs:esi]
        a32 loop .next
        SHOW "often", eax
        jmp report

read_behind_sti:
        mov esi, [base]
        mov ecx, READS
.next:
        cli
        xor eax, eax
        sti
        mov eax, [fs:esi]
        a32 loop .next
        SHOW "sti", eax
        jmp report

; --- Exceptions of the instruction that reads hidden memory -------------------------------------

general_protection:
        mov esi, [base]
        mov edi, 0x20000                ; beyond the limit of ES
        mov word [flags], 0
        TRY fs a32 movsd
        pushf                           ; TRY has loaded what was in the exception's frame
        pop word [flags]
        movzx eax, byte [fault]
        SHOW "gp", eax
        SHOW16 "gp_flags", [flags]
        ret

bits 32
page_fault:
        mov edi, PAGE_DIRECTORY
        mov eax, 0x83                   ; present, writable, 4 MiB
        mov ecx, 1024
.next:
        mov [edi], eax
        add edi, 4
        add eax, 0x400000
        loop .next
        mov dword [PAGE_DIRECTORY + NOT_PRESENT / 0x400000 * 4], 0
        mov eax, cr4
        or eax, CR4_PSE
        mov cr4, eax
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        jmp .paging
.paging:
        mov esi, [base]
        mov edi, NOT_PRESENT + 0x123
        TRY32 movsb
        mov eax, [fault]
        mov [page_fault_vector], eax
        mov eax, cr2
        mov [page_fault_address], eax
        mov eax, [esp - 4]              ; EFLAGS, the first that the exception pushed
        mov [page_fault_flags], eax
        mov eax, cr0
        and eax, ~CR0_PG
        mov cr0, eax
        jmp .no_paging
.no_paging:
        ret
bits 16

align 4
base:           dd 0
irqs:           dd 0
traps:          dd 0
old_irq0:       dd 0
flags:          dw 0
seen_flags:     dw 0
page_fault_vector:  dd 0
page_fault_address: dd 0
page_fault_flags:   dd 0
%include "lib_end.inc"
