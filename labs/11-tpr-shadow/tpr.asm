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
        mov [fs:ebx + APIC_TPR], ecx
        a32 loop .write32
        COUNTED "write32"
        mov dword [fs:ebx + APIC_TPR], 0x5A
        COUNT_FROM_HERE
        mov ecx, TIMES
.read32:
        cmp dword [fs:ebx + APIC_TPR], 0x5A
        je .same32
        inc dword [other32]
.same32:
        a32 loop .read32
        COUNTED "read32"
        SHOW "other32", [other32]

        COUNT_FROM_HERE
        mov ecx, TIMES
.write8:
        mov [fs:ebx + APIC_TPR], cl
        a32 loop .write8
        COUNTED "write8"
        mov byte [fs:ebx + APIC_TPR], 0xC4
        COUNT_FROM_HERE
        mov ecx, TIMES
.read8:
        cmp byte [fs:ebx + APIC_TPR], 0xC4
        je .same8
        inc dword [other8]
.same8:
        a32 loop .read8
        COUNTED "read8"
        SHOW "other8", [other8]

        WROTE "tpr1", APIC_TPR, 0x93    ; does the model hear of it?
        READ "ppr1", APIC_PPR
        WROTE "tpr2", APIC_TPR, 0x27
        READ "ppr2", APIC_PPR

        WR APIC_TPR, 0xF0               ; holds all back
        COUNT_FROM_HERE                 ; six reads
        RD APIC_ID
        mov [id], eax
        RD APIC_VERSION
        mov [version], eax
        RD APIC_SVR
        mov [svr], eax
        RD APIC_TIMER
        mov [timer], eax
        RD APIC_ICR_HIGH
        mov [icr_high], eax
        RD APIC_PPR
        COUNTED "reads"
        COUNT_FROM_HERE                 ; four writes
        WR APIC_SVR, 0x1EE
        WR APIC_TIMER, MASKED | 0x51
        WR APIC_ICR_HIGH, 0x3C000000
        WR APIC_ICR, SELF | 0x62
        COUNTED "writes"
        SHOW "id", [id]
        SHOW "version", [version]
        SHOW "svr", [svr]
        SHOW "timer", [timer]
        SHOW "icr_high", [icr_high]
        READ "svr_after", APIC_SVR
        READ "timer_after", APIC_TIMER
        READ "icr_high_after", APIC_ICR_HIGH
        READ "irr_after", APIC_IRR + 0x30
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
