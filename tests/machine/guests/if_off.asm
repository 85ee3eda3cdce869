; if_off.asm: interrupts that arrive one after the other while the guest has them off. None may come
; before it has them on again, and the first is to be seen in IRR.
%include "lib.inc"
%include "apic.inc"

%define TIMER           0x51
%define LOW             0x42
%define PERIOD          3000
%define LONG            12000           ; turns of LOOP: several periods
%define LVT_PERIODIC    0x20000

; How many interrupts came while they were off, and how many then.
%macro OUTCOME 1
        call let_in
        SHOW %1, [early], "_early"
        SHOW %1, [came], "_came"
        mov dword [early], 0
        mov dword [came], 0
%endmacro

main:
        cli
        call apic_find
        call apic_enable
        mov dword [TIMER * 4], on_interrupt
        mov dword [LOW * 4], on_interrupt
        mov dword [0x08 * 4], on_pit
        mov al, 0xFF
        out PORT_PIC1_DATA, al
        out PORT_PIC2_DATA, al
        WR LAPIC_DIVIDE, 0xB            ; by 1

        WR LAPIC_LVT_TIMER, TIMER | LVT_PERIODIC
        WR LAPIC_INITIAL_COUNT, PERIOD
        call wait_long
        RD LAPIC_IRR + TIMER / 32 * 16
        mov [irr], eax
        call timer_off
        SHOW "irr", [irr]
        OUTCOME "timer"

        WR LAPIC_LVT_TIMER, TIMER       ; the APIC's first, the 8259's then
        WR LAPIC_INITIAL_COUNT, PERIOD
        call wait_long
        mov al, 0xFE
        out PORT_PIC1_DATA, al
        mov ecx, 400000                 ; more than 1/18 s at 4 MIPS
        call wait_ecx
        OUTCOME "both"
        mov al, 0xFF
        out PORT_PIC1_DATA, al

        WR LAPIC_ICR, LAPIC_ICR_SELF | LOW ; its own, and then the machine's
        WR LAPIC_LVT_TIMER, TIMER | LVT_PERIODIC
        WR LAPIC_INITIAL_COUNT, PERIOD
        call wait_long
        call timer_off
        OUTCOME "self"

        WR LAPIC_TPR, TIMER & 0xF0      ; its TPR keeps the timer's out, ...
        WR LAPIC_LVT_TIMER, TIMER | LVT_PERIODIC
        WR LAPIC_INITIAL_COUNT, PERIOD
        sti
        mov ecx, LONG
        a32 loop $
        cli
        WR LAPIC_TPR, 0                 ; ... and then its IF
        call wait_long
        call timer_off
        OUTCOME "tpr"
        END

timer_off:
        WR LAPIC_LVT_TIMER, TIMER | LAPIC_LVT_MASKED
        ret

; CLI again after each access that may have exited: in Bochs 2.7 a machine's interrupt exits only
; from a guest that has executed CLI since its last entry.
wait_long:
        mov ecx, LONG
wait_ecx:
        cli
        a32 loop wait_ecx
        ret

let_in:
        times 8 cli                     ; what the machine still has: see wait_long
        mov byte [open], 1
        sti
        nop
        nop
        nop
        cli
        mov byte [open], 0
        ret

on_pit:
        push eax
        mov al, 0xFF                    ; one is enough: the next may come at any time
        out PORT_PIC1_DATA, al
        mov al, 0x20                    ; end of interrupt
        out PORT_PIC1_COMMAND, al
        jmp counted
on_interrupt:
        push eax
        push ebx
        xor eax, eax
        mov ebx, [cs:apic]
        mov [fs:ebx + LAPIC_EOI], eax
        pop ebx
counted:
        movzx eax, byte [cs:open]
        add [cs:came], eax
        xor eax, 1
        add [cs:early], eax
        pop eax
        iret

open:   db 0
irr:    dd 0
came:   dd 0
early:  dd 0

%include "lib_end.inc"
