; tpr.asm: TPR written and read a thousand times by 32 and by 8 bits, and the other registers once.
; Each part says how many exits it took.
%include "lib.inc"
%include "apic.inc"
%include "count.inc"

%define TIMES 1000

main:
        cli
        call apic_find
        call apic_enable
        mov ebx, [apic]

        COUNT_FROM_HERE
        mov ecx, TIMES
.write32:
        mov [fs:ebx + LAPIC_TPR], ecx
        a32 loop .write32
        COUNTED "write32"
        mov dword [fs:ebx + LAPIC_TPR], 0x5A
        COUNT_FROM_HERE
        mov ecx, TIMES
.read32:
        cmp dword [fs:ebx + LAPIC_TPR], 0x5A
        je .same32
        inc dword [other32]
.same32:
        a32 loop .read32
        COUNTED "read32"
        SHOW "other32", [other32]

        COUNT_FROM_HERE
        mov ecx, TIMES
.write8:
        mov [fs:ebx + LAPIC_TPR], cl
        a32 loop .write8
        COUNTED "write8"
        mov byte [fs:ebx + LAPIC_TPR], 0xC4
        COUNT_FROM_HERE
        mov ecx, TIMES
.read8:
        cmp byte [fs:ebx + LAPIC_TPR], 0xC4
        je .same8
        inc dword [other8]
.same8:
        a32 loop .read8
        COUNTED "read8"
        SHOW "other8", [other8]

        WROTE "tpr1", LAPIC_TPR, 0x93   ; does the model hear of it?
        READ "ppr1", LAPIC_PPR
        WROTE "tpr2", LAPIC_TPR, 0x27
        READ "ppr2", LAPIC_PPR

        WR LAPIC_TPR, 0xF0              ; holds all back
        COUNT_FROM_HERE                 ; six reads
        RD LAPIC_ID
        mov [id], eax
        RD LAPIC_VERSION
        mov [version], eax
        RD LAPIC_SVR
        mov [svr], eax
        RD LAPIC_LVT_TIMER
        mov [timer], eax
        RD LAPIC_ICR_HIGH
        mov [icr_high], eax
        RD LAPIC_PPR
        COUNTED "reads"
        COUNT_FROM_HERE                 ; four writes
        WR LAPIC_SVR, 0x1EE
        WR LAPIC_LVT_TIMER, LAPIC_LVT_MASKED | 0x51
        WR LAPIC_ICR_HIGH, 0x3C000000
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x62
        COUNTED "writes"
        SHOW "id", [id]
        SHOW "version", [version]
        SHOW "svr", [svr]
        SHOW "timer", [timer]
        SHOW "icr_high", [icr_high]
        READ "svr_after", LAPIC_SVR
        READ "timer_after", LAPIC_LVT_TIMER
        READ "icr_high_after", LAPIC_ICR_HIGH
        READ "irr_after", LAPIC_IRR + 0x30
        END

align 4
other32:        dd 0
other8:         dd 0
id:             dd 0
version:        dd 0
svr:            dd 0
timer:          dd 0
icr_high:       dd 0

%include "lib_end.inc"
