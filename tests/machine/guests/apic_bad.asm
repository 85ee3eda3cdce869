; apic_bad.asm: one access to the APIC's page that no manual allows, or that few allow; -DWAY=...
%include "lib.inc"
%include "pm.inc"
%include "apic.inc"

%define BYTE_WRITE      1
%define MISALIGNED      2
%define EIGHT_BYTES     3
%define PAGE_END        4
%define FETCH           5
%define STACK           6
%define MISALIGNED_READ 7
%define BYTE_READ       8
%define RESERVED        9

main:
        call apic_find
        call apic_enable
        mov ebx, [apic]
%if WAY == BYTE_WRITE
        mov byte [fs:ebx + LAPIC_SVR], 0xFF
%elif WAY == MISALIGNED
        mov dword [fs:ebx + LAPIC_SVR + 2], 0
%elif WAY == EIGHT_BYTES
        mov eax, cr0
        and al, ~0x0C                   ; no EM, no TS: MMX
        mov cr0, eax
        movq mm0, [fs:ebx + LAPIC_SVR]
%elif WAY == PAGE_END
        mov eax, [fs:ebx + 0xFFE]
%elif WAY == FETCH
        call enter32
bits 32
        jmp ebx
bits 16
%elif WAY == STACK
        call enter32
bits 32
        lea esp, [ebx + LAPIC_SVR]
        push dword 0
bits 16
%elif WAY == MISALIGNED_READ
        mov ax, [fs:ebx + LAPIC_SVR + 1]
        SHOW16 "ax", ax
        mov eax, [fs:ebx + LAPIC_SVR + 8]
        SHOW "behind", eax
%elif WAY == BYTE_READ
        mov byte [fs:ebx + LAPIC_TPR], 0x21
        mov al, [fs:ebx + LAPIC_TPR]
        movzx eax, al
        SHOW "al", eax
        WR LAPIC_TPR, 0
%elif WAY == RESERVED
        WR LAPIC_ESR, 0
        WR LAPIC_ESR, 0
        WR LAPIC_LVT_ERROR, 0x95
        sti
        RD 0x040
        nop
        mov [answer], eax
        NOTED "interrupt"
        SHOW "reserved", [answer]
        WR LAPIC_ESR, 0
        READ "esr", LAPIC_ESR
        WR 0x3D0, 0x12345678
        READ "written", 0x3D0
%endif
        END

answer: dd 0

%include "lib_end.inc"
