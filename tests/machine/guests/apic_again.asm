; apic_again.asm: the same write of an APIC register, thousands of times, and nothing in between.
%include "lib.inc"
%include "apic.inc"

main:
        call apic_find
        call apic_enable
        WR APIC_TIMER, MASKED
        in al, 0x21
        push ax
        mov al, 0xFF                    ; not even a timer's interrupt
        out 0x21, al
        mov ebx, [apic]
        mov edi, 3000
.write:
        mov dword [fs:ebx + APIC_TIMER], MASKED
        dec edi
        jnz .write
        mov edi, 3000
.end_nothing:
        mov dword [fs:ebx + APIC_EOI], 0
        dec edi
        jnz .end_nothing
        pop ax
        out 0x21, al
        SHOW "left", edi
        END

%include "lib_end.inc"
