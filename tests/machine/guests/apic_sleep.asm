; apic_sleep.asm: an interrupt that waits already when the guest goes to sleep after STI, and a timer
; that goes off around there: none may be missed, or the guest sleeps for ever.
%include "lib.inc"
%include "apic.inc"

%define ROUNDS          400

main:
        cli
        call apic_find
        call apic_enable
        mov al, 0xFF                    ; nothing else wakes it
        out PORT_PIC1_DATA, al
        out PORT_PIC2_DATA, al
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x62
        sti
        hlt
        NOTED "self"
        WR LAPIC_DIVIDE, 0xB            ; by 1
        mov dword [0x51 * 4], on_timer
        WR LAPIC_LVT_TIMER, 0x51
        mov edi, 1
.round:
        cli
        mov byte [came], 0
        WR LAPIC_INITIAL_COUNT, edi     ; EDI instructions from now, or later
        mov cx, 8
.work:
        loop .work
.sleep:
        cli
        cmp byte [came], 0
        jne .awake
        sti
        hlt
        jmp .sleep
.awake:
        add edi, 7
        cmp edi, 7 * ROUNDS
        jbe .round
        SHOW "rounds", [ticks]
        END

on_timer:
        push eax
        push ebx
        inc byte [cs:came]
        inc dword [cs:ticks]
        xor eax, eax
        mov ebx, [cs:apic]
        mov [fs:ebx + LAPIC_EOI], eax
        pop ebx
        pop eax
        iret

came:   db 0
ticks:  dd 0

%include "lib_end.inc"
