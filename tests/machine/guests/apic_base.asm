; apic_base.asm: IA32_APIC_BASE: the guest switches its APIC off and on, moves it, and goes to x2APIC
; mode where its processor has it.
%include "lib.inc"
%include "apic.inc"

%define ELSEWHERE       0xD0000000

; SETBASE "name", VALUE: WRMSR, and the fault it raised, or 0.
%macro SETBASE 2
        mov eax, %2
        xor edx, edx
        mov ecx, MSR_IA32_APIC_BASE
        TRY wrmsr
        movzx eax, byte [fault]
        SHOW %1, eax
%endmacro
; GETBASE "name"
%macro GETBASE 1
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        SHOW %1, eax
%endmacro
; RDX/WRX "name", MSR(, VALUE): x2APIC registers, with the fault
%macro RDX 2
        mov ecx, %2
        xor eax, eax
        TRY rdmsr
        SHOW %1, eax
        movzx eax, byte [fault]
        SHOW %1, eax, "_fault"
%endmacro
%macro WRX 3
        mov ecx, %2
        mov eax, %3
        xor edx, edx
        TRY wrmsr
        movzx eax, byte [fault]
        SHOW %1, eax, "_fault"
%endmacro
%macro CPUID_APIC 1
        mov eax, 1
        cpuid
        and edx, 1 << 9
        SHOW %1, edx
%endmacro

main:
        call faults_catch
        call apic_find
        GETBASE "base"
        mov [base], eax
        CPUID_APIC "cpuid"
        call apic_enable
        WR LAPIC_TPR, 0x35

        mov eax, [base]                 ; off
        and eax, ~APIC_BASE_EN
        SETBASE "off", eax
        GETBASE "baseoff"
        CPUID_APIC "cpuidoff"
        READ "tproff", LAPIC_TPR
        mov eax, [base]                 ; and on: as after power-up
        SETBASE "on", eax
        CPUID_APIC "cpuidon"
        READ "tpron", LAPIC_TPR
        READ "svron", LAPIC_SVR

        mov eax, [base]                 ; elsewhere
        and eax, 0xFFF
        or eax, ELSEWHERE
        SETBASE "move", eax
        GETBASE "moved"
        WR LAPIC_TPR, 0x17
        READ "tprold", LAPIC_TPR        ; nothing is left here
        mov dword [apic], ELSEWHERE
        READ "version", LAPIC_VERSION
        WROTE "tprnew", LAPIC_TPR, 0x26
        call apic_enable
        WR LAPIC_TPR, 0
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51
        nop
        NOTED "ipi"
        mov eax, [base]                 ; and back
        SETBASE "back", eax
        mov eax, [base]
        and eax, 0xFFFFF000
        mov [apic], eax
        READ "svrback", LAPIC_SVR

        mov eax, [base]                 ; what must not be
        or eax, 1
        SETBASE "reserved", eax
        mov eax, [base]
        and eax, ~APIC_BASE_EN
        or eax, APIC_BASE_EXTD
        SETBASE "invalid", eax
        mov ecx, MSR_IA32_APIC_BASE
        mov eax, [base]
        mov edx, 0x80000000
        TRY wrmsr
        movzx eax, byte [fault]
        SHOW "high", eax
        RDX "early", 0x802              ; x2APIC's MSRs, in xAPIC mode

        mov eax, 1
        cpuid
        test ecx, 1 << 21
        jz .none
        SAY "has x2apic", 10
        mov eax, [base]
        or eax, APIC_BASE_EXTD
        SETBASE "x2", eax
        RDX "x2id", 0x802
        RDX "x2version", 0x803
        RDX "x2ldr", 0x80D
        RDX "x2dfr", 0x80E
        RDX "x2icrh", 0x831
        RDX "x2eoi", 0x80B
        WRX "x2idwr", 0x802, 0
        WRX "x2eoibad", 0x80B, 1
        WRX "x2tprbad", 0x808, 0x100
        WRX "x2tprgood", 0x808, 0x42
        RDX "x2tpr", 0x808
        WRX "x2tprzero", 0x808, 0
        WRX "x2svr", 0x80F, LAPIC_SVR_ENABLE | 0xFF
        WRX "x2selfbad", 0x83F, 0x100
        mov dword [0x51 * 4], on_x2
        WRX "x2self", 0x83F, 0x51
        SHOW "x2came", [came]
        WRX "x2icr", 0x830, 0x40051     ; the ICR, to oneself
        SHOW "x2came", [came]
        RDX "x2tpr", 0x808
        mov eax, [base]                 ; no way straight back
        SETBASE "x2back", eax
        mov eax, [base]
        and eax, ~APIC_BASE_EN
        SETBASE "x2off", eax
        mov eax, [base]
        SETBASE "x2on", eax
        READ "version2", LAPIC_VERSION
.none:
        END

on_x2:
        pushad
        inc dword [came]
        mov ecx, 0x80B
        xor eax, eax
        xor edx, edx
        wrmsr
        popad
        iret

align 4
base:           dd 0
came:           dd 0
%include "lib_end.inc"
