; left.asm: what the APIC shows while an interrupt of the 8259 waits for a guest that has interrupts
; off: PPR after each write of TPR, and the timer's interrupt in IRR.
%include "lib.inc"
%include "apic.inc"

%define TIMER           0x51
%define PERIOD          3000

%macro PPR 2
        WR LAPIC_TPR, %2
        READ %1, LAPIC_PPR
%endmacro
%macro MSR_PPR 2
        mov eax, %2
        xor edx, edx
        mov ecx, MSR_X2APIC_FIRST + LAPIC_TPR / 16
        wrmsr
        mov ecx, MSR_X2APIC_FIRST + LAPIC_PPR / 16
        rdmsr
        SHOW %1, eax
%endmacro

main:
        cli
        call apic_find
        call apic_enable
        WR LAPIC_DIVIDE, 0xB            ; by 1
        mov al, 0xFE                    ; IRQ 0, the PIT's, alone
        out PORT_PIC1_DATA, al
        mov al, 0xFF
        out PORT_PIC2_DATA, al
        mov ecx, 400000                 ; more than 1/18 s at 4 MIPS
        call wait_ecx
        mov al, 0x0A                    ; OCW3: the next read is IRR
        out PORT_PIC1_COMMAND, al
        in al, PORT_PIC1_COMMAND
        and eax, 1
        SHOW "pit", eax

        PPR "ppr_5a", 0x5A
        PPR "ppr_7b", 0x7B
        PPR "ppr_5f", 0x5F
        PPR "ppr_00", 0
        WR LAPIC_LVT_TIMER, TIMER
        WR LAPIC_INITIAL_COUNT, PERIOD
        mov ecx, PERIOD * 2
        call wait_ecx
        READ "irr", LAPIC_IRR + TIMER / 32 * 16

        mov eax, 1                      ; the same in x2APIC mode, if there is one
        cpuid
        test ecx, CPUID_1_ECX_X2APIC
        jz .end
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        or eax, 0x400                   ; EXTD
        wrmsr
        MSR_PPR "x2apic_5a", 0x5A
        MSR_PPR "x2apic_7b", 0x7B
        MSR_PPR "x2apic_5f", 0x5F
        MSR_PPR "x2apic_00", 0
.end:   END

wait_ecx:                               ; CLI each time: see if_off.asm
        cli
        a32 loop wait_ecx
        ret

%include "lib_end.inc"
