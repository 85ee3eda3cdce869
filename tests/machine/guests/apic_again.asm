; apic_again.asm: the same write of an APIC register, thousands of times, and nothing in between.
%include "lib.inc"
%include "apic.inc"

main:
        call apic_find
        call apic_enable
        WR LAPIC_LVT_TIMER, LAPIC_LVT_MASKED
        in al, PORT_PIC1_DATA
        push ax
        mov al, 0xFF                    ; not even a timer's interrupt
        out PORT_PIC1_DATA, al
        mov ebx, [apic]
        mov edi, 3000
.write:
        mov dword [fs:ebx + LAPIC_LVT_TIMER], LAPIC_LVT_MASKED
        dec edi
        jnz .write
        mov edi, 3000
.end_nothing:
        mov dword [fs:ebx + LAPIC_EOI], 0
        dec edi
        jnz .end_nothing
        pop ax
        out PORT_PIC1_DATA, al
        SHOW "left", edi
        END

%include "lib_end.inc"
