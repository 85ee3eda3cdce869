; nmi_init.asm: INIT hits a processor inside its NMI handler. INIT ends the blocking of NMIs as it ends
; all else, so the next NMI must come at once, and one inside a handler waits for the IRET.
%include "lib.inc"
%include "apic.inc"

%define AP_PAGE         0x20            ; the vector of the SIPI: 0x20000
%define AP_STACK        0x6000
%define ROUNDS          3

; SEND COMMAND: to the processor with APIC ID 1.
%macro SEND 1
        WR LAPIC_ICR_HIGH, 1 << 24
        WR LAPIC_ICR, %1
        call pause
%endmacro
%macro START 0
        SEND ICR_INIT
        SEND ICR_STARTUP | AP_PAGE
%endmacro

main:
        cli
        call apic_find
        mov dword [2 * 4], on_nmi
        mov ax, AP_PAGE << 8
        mov es, ax
        mov byte [es:0], 0xEA
        mov dword [es:1], ap_start
        xor ax, ax
        mov es, ax
        mov ebp, ROUNDS
.round:
        START
        SHOW "starts", [starts]
        mov byte [stays], 1
        SEND ICR_NMI                    ; its handler does not return
        SHOW "nmis", [nmis]
        SEND ICR_NMI                    ; this one waits, and INIT forgets it
        SHOW "nmis", [nmis], "_waits"
        START
        mov byte [stays], 0
        SHOW "nmis", [nmis], "_after_init"
        SEND ICR_NMI
        SHOW "nmis", [nmis], "_again"
        SEND ICR_NMI
        SHOW "nmis", [nmis], "_and_again"
        dec ebp
        jnz .round
        END

pause:
        push ecx
        mov ecx, 7000
        a32 loop $
        pop ecx
        ret

on_nmi:
        lock inc dword [cs:nmis]
.stay:  cmp byte [cs:stays], 0
        jne .stay
        iret

ap_start:
        xor ax, ax
        mov ss, ax
        mov ds, ax
        mov sp, AP_STACK
        lock inc dword [starts]
.spin:  jmp .spin

align 4
starts:         dd 0
nmis:           dd 0
stays:          dd 0
%include "lib_end.inc"
