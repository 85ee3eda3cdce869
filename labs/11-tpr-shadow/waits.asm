; waits.asm: interrupts to itself that must wait for TPR, with the 8259 silent.
%include "lib.inc"
%include "apic.inc"
%include "count.inc"

%define ROUNDS 50

main:
        cli
        mov al, 0xFF
        out PORT_PIC1_DATA, al
        out PORT_PIC2_DATA, al
        call apic_find
        call apic_enable
        mov dword [0x51 * 4], on_51
        sti

        WR LAPIC_TPR, 0x70              ; step by step
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51
        times 4 nop
        SHOW "held", [came]
        THRESHOLD "threshold_held"
        WR LAPIC_TPR, 0x50              ; class 5 is not above 5
        times 4 nop
        SHOW "equal", [came]
        mov ebx, [apic]
        mov byte [fs:ebx + LAPIC_TPR], 0x4F
        times 4 nop
        SHOW "below", [came]
        THRESHOLD "threshold_after"

        cli                             ; TPR lets it through, IF does not
        WR LAPIC_TPR, 0x70
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51
        WR LAPIC_TPR, 0
        times 4 nop
        SHOW "closed", [came]
        sti
        times 4 nop
        SHOW "opened", [came]

        mov dword [came], 0
        COUNT_FROM_HERE
        mov ebp, ROUNDS
.round:
        WR LAPIC_TPR, 0x70
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51
        times 4 nop
        mov eax, [came]
        add [early], eax
        WR LAPIC_TPR, 0
        times 4 nop
        mov eax, 1
        sub eax, [came]
        add [missing], eax
        mov dword [came], 0
        dec ebp
        jnz .round
        COUNTED "rounds"
        SHOW "early", [early]
        SHOW "missing", [missing]
        END

on_51:
        push eax
        push ebx
        inc dword [cs:came]
        WR LAPIC_EOI, 0
        pop ebx
        pop eax
        iret

align 4
came:           dd 0
early:          dd 0
missing:        dd 0

%include "lib_end.inc"
