; moves.asm: the guest moves its APIC by IA32_APIC_BASE, switches it off, and brings it back.
%include "lib.inc"
%include "apic.inc"
%include "count.inc"

%define ELSEWHERE       0xD0000000
%define EN              0x800
%define TIMES           1000

; SET_BASE EAX. A fault is shown at the end.
%macro SET_BASE 0
        xor edx, edx
        mov ecx, MSR_APIC_BASE
        TRY wrmsr
        mov al, [fault]
        or [faults], al
%endmacro

main:
        cli
        call faults_catch
        call apic_find
        call apic_enable
        mov ecx, MSR_APIC_BASE
        rdmsr
        mov [base], eax
        WR APIC_TPR, 0x35

        mov eax, [base]
        and eax, 0xFFF
        or eax, ELSEWHERE
        SET_BASE
        READ "old_version", APIC_VERSION        ; nothing answers there any more
        READ "old_tpr", APIC_TPR
        mov dword [apic], ELSEWHERE
        READ "version", APIC_VERSION
        READ "tpr", APIC_TPR                    ; and here it is what it was
        mov ebx, [apic]
        COUNT_FROM_HERE
        mov ecx, TIMES
.write: mov [fs:ebx + APIC_TPR], ecx
        mov eax, [fs:ebx + APIC_TPR]
        a32 loop .write
        COUNTED "moved"
        WR APIC_TPR, 0x50
        READ "ppr", APIC_PPR
        WR APIC_ICR, SELF | 0x51
        sti
        times 4 nop
        mov ax, [noted]
        sub ax, noted_bytes
        SHOW16 "early", ax
        WR APIC_TPR, 0x40
        times 4 nop
        mov ax, [noted]
        sub ax, noted_bytes
        SHOW16 "came", ax
        cli

        mov eax, [base]                         ; back, but off
        and eax, ~EN
        SET_BASE
        mov eax, [base]
        and eax, 0xFFFFF000
        mov [apic], eax
        READ "off_tpr", APIC_TPR
        READ "off_version", APIC_VERSION
        mov eax, [base]
        SET_BASE
        READ "on_version", APIC_VERSION
        READ "on_tpr", APIC_TPR
        SHOW "faults", [faults]
        END

align 4
base:           dd 0
faults:         dd 0

%include "lib_end.inc"
