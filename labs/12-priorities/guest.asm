; guest.asm: 100 rounds of three interrupts to itself. 51H waits for TPR; 73H comes at once, and 62H,
; sent by its handler, waits first for that one's end and then for TPR.
%include "lib.inc"
%include "apic.inc"

%define ROUNDS 100

main:
        cli
        call apic_find
        call apic_enable
        mov dword [0x51 * 4], on_51
        mov dword [0x62 * 4], on_62
        mov dword [0x73 * 4], on_73
        sti
        mov ebp, ROUNDS
.round:
        mov dword [came], 0
        WR LAPIC_TPR, 0x70
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51
        call check_early
        WR LAPIC_TPR, 0
        call check_missing

        mov dword [came], 0
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x73
        call check_missing              ; it has TPR at 60H now
        mov dword [came], 0
        call check_early
        WR LAPIC_TPR, 0
        call check_missing
        dec ebp
        jnz .round
        SHOW "early", [early]
        SHOW "missing", [missing]
        END

check_early:
        times 4 nop
        mov eax, [came]
        add [early], eax
        ret
check_missing:
        times 4 nop
        cmp dword [came], 0
        jne .done
        inc dword [missing]
.done:
        ret

on_51:
on_62:
        push eax
        push ebx
        inc dword [cs:came]
        WR LAPIC_EOI, 0
        pop ebx
        pop eax
        iret
on_73:
        push eax
        push ebx
        inc dword [cs:came]
        WR LAPIC_TPR, 0x60
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x62
        WR LAPIC_EOI, 0
        pop ebx
        pop eax
        iret

align 4
came:           dd 0
early:          dd 0
missing:        dd 0

%include "lib_end.inc"
