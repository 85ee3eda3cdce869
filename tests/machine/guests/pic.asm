; pic.asm: a timer interrupt that the 8259 has while interrupts are off. It must stay in the 8259, so
; that the guest can see it there, mask it, and give it another vector.
%include "lib.inc"

%define OLD_VECTOR      0x08
%define NEW_VECTOR      0x70

; How often each vector has come so far.
%macro COUNTS 1
        movzx eax, byte [old]
        SHOW %1, eax, "_old"
        movzx eax, byte [new]
        SHOW %1, eax, "_new"
%endmacro

main:
        mov dword [OLD_VECTOR * 4], on_old
        mov dword [NEW_VECTOR * 4], on_new
        in al, PORT_PIC1_DATA
        mov [mask], al
        mov al, 0xFE                    ; the timer alone
        out PORT_PIC1_DATA, al
        call requested                  ; it is in IRR, and nobody has acknowledged it
        SHOW "irr", eax
        mov al, PIC_READ_ISR
        call ask
        SHOW "isr", eax
        mov al, 0xFF                    ; masked, it must not come
        out PORT_PIC1_DATA, al
        call let_in
        COUNTS "masked"
        mov al, 0xFE
        out PORT_PIC1_DATA, al
        call let_in
        COUNTS "unmasked"
        call requested
        mov bl, NEW_VECTOR
        call initialize                 ; and this forgets it
        call let_in
        COUNTS "initialized"
        call requested
        call let_in
        COUNTS "renamed"
        mov bl, OLD_VECTOR
        call initialize
        mov al, [mask]
        out PORT_PIC1_DATA, al
        END

; Interrupts off, until the 8259 has the timer's. Out: EAX = IRR, 0 after a long time.
requested:
        cli
        mov ecx, 1000000
.next:
        mov al, PIC_READ_IRR
        call ask
        test al, 1
        jnz .done
        a32 loop .next
.done:
        ret

ask:
        out PORT_PIC1_COMMAND, al
        in al, PORT_PIC1_COMMAND
        movzx eax, al
        ret

let_in:
        sti
        nop
        nop
        nop
        cli
        ret

initialize:                             ; BL = first vector
        mov al, 0x11
        out PORT_PIC1_COMMAND, al
        mov al, bl
        out PORT_PIC1_DATA, al
        mov al, 4
        out PORT_PIC1_DATA, al
        mov al, 1
        out PORT_PIC1_DATA, al
        mov al, 0xFE
        out PORT_PIC1_DATA, al
        ret

on_old:
        inc byte [cs:old]
        jmp ended
on_new:
        inc byte [cs:new]
ended:
        push ax
        mov al, 0x20
        out PORT_PIC1_COMMAND, al
        pop ax
        iret

mask:   db 0
old:    db 0
new:    db 0

%include "lib_end.inc"
