; moves.asm: the guest moves its APIC by IA32_APIC_BASE, switches it off, and brings it back.
%include "lib.inc"
%include "apic.inc"
%include "count.inc"

%define ELSEWHERE       0xD0000000
%define TIMES           1000

; SET_BASE EAX. A fault is shown at the end.
%macro SET_BASE 0
        xor edx, edx
        mov ecx, MSR_IA32_APIC_BASE
        TRY wrmsr
        mov al, [fault]
        or [faults], al
%endmacro

main:
        cli
        call faults_catch
        call apic_find
        call apic_enable
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        mov [base], eax
        WR LAPIC_TPR, 0x35

        mov eax, [base]
        and eax, 0xFFF
        or eax, ELSEWHERE
        SET_BASE
        READ "old_version", LAPIC_VERSION       ; nothing answers there any more
        READ "old_tpr", LAPIC_TPR
        mov dword [apic], ELSEWHERE
        READ "version", LAPIC_VERSION
        READ "tpr", LAPIC_TPR                   ; and here it is what it was
        mov ebx, [apic]
        COUNT_FROM_HERE
        mov ecx, TIMES
.write: mov [fs:ebx + LAPIC_TPR], ecx
        mov eax, [fs:ebx + LAPIC_TPR]
        a32 loop .write
        COUNTED "moved"
        WR LAPIC_TPR, 0x50
        READ "ppr", LAPIC_PPR
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51
        sti
        times 4 nop
        mov ax, [noted]
        sub ax, noted_bytes
        SHOW16 "early", ax
        WR LAPIC_TPR, 0x40
        times 4 nop
        mov ax, [noted]
        sub ax, noted_bytes
        SHOW16 "came", ax
        cli

        mov eax, [base]                         ; back, but off
        and eax, ~APIC_BASE_EN
        SET_BASE
        mov eax, [base]
        and eax, 0xFFFFF000
        mov [apic], eax
        READ "off_tpr", LAPIC_TPR
        READ "off_version", LAPIC_VERSION
        mov eax, [base]
        SET_BASE
        READ "on_version", LAPIC_VERSION
        READ "on_tpr", LAPIC_TPR
        SHOW "faults", [faults]
        END

align 4
base:           dd 0
faults:         dd 0

%include "lib_end.inc"
