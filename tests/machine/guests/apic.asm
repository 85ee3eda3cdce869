; apic.asm: what a local APIC does, seen from a guest: registers, priorities, IPIs to itself, timer,
; errors. Run natively and in every mode; the answers must be the same.
%include "lib.inc"
%include "apic.inc"

main:
        call apic_find
        call registers
        call apic_enable
        call priorities
        call in_service
        call destinations
        call timer
        call errors
        call disable
        END

registers:
        READ "tpr0", LAPIC_TPR
        READ "ldr0", LAPIC_LDR
        READ "dfr0", LAPIC_DFR
        READ "esr0", LAPIC_ESR
        READ "icr0", LAPIC_ICR
        READ "lint0", LAPIC_LVT_LINT0
        READ "lint1", LAPIC_LVT_LINT1
        READ "svr0", LAPIC_SVR
        READ "timer0", LAPIC_LVT_TIMER
        WR LAPIC_SVR, LAPIC_SVR_ENABLE | 0xFF
        WROTE "tpr1", LAPIC_TPR, 0xFFFFFFFF
        READ "ppr1", LAPIC_PPR
        WROTE "tpr2", LAPIC_TPR, 0
        READ "ppr2", LAPIC_PPR
        WROTE "ldr1", LAPIC_LDR, 0xFFFFFFFF
        WROTE "dfr1", LAPIC_DFR, 0x0FFFFFFF
        WROTE "dfr2", LAPIC_DFR, 0xFFFFFFFF
        WROTE "icrh", LAPIC_ICR_HIGH, 0xFFFFFFFF
        WROTE "timer1", LAPIC_LVT_TIMER, 0x000300FF
        WROTE "lvterr", LAPIC_LVT_ERROR, 0x000100FE
        WROTE "divide", LAPIC_DIVIDE, 0xB
        WR LAPIC_LVT_TIMER, LAPIC_LVT_MASKED | 0x51
        WR LAPIC_LDR, 0x01000000
        ret

; Interrupts that TPR holds back come when it is lowered, the most urgent first.
priorities:
        cli
        WR LAPIC_TPR, 0xF0
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x62
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x84
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x84 ; once more: a request is one bit
        READ "irr2", LAPIC_IRR + 0x20
        READ "irr3", LAPIC_IRR + 0x30
        READ "irr4", LAPIC_IRR + 0x40
        sti
        nop
        nop
        NOTED "held"
        WR LAPIC_TPR, 0x80              ; class 8 is still held
        nop
        NOTED "class8"
        WR LAPIC_TPR, 0x7F              ; not any more
        nop
        NOTED "class7"
        WR LAPIC_TPR, 0x50
        nop
        NOTED "class5"
        WR LAPIC_TPR, 0
        nop
        NOTED "class0"
        cli
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x51 ; held back by IF, let through by STI after its shadow
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x95
        NOTED "closed"
        sti
        nop
        nop
        nop
        NOTED "opened"
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x73 ; at once
        nop
        NOTED "atonce"
        cli                             ; and out of HLT
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x62
        sti
        hlt
        NOTED "hlt"
        ret

; While one is in service, only higher classes come; PPR says so.
in_service:
        mov dword [0x73 * 4], on_nest
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x73
        nop
        NOTED "nested"
        CATCH 0x73
        SHOW "ppr_in", [ppr_in]
        SHOW "isr_in", [isr_in]
        READ "ppr_out", LAPIC_PPR
        ret
on_nest:
        pushad
        RD LAPIC_PPR
        mov [ppr_in], eax
        RD LAPIC_ISR + 0x30
        mov [isr_in], eax
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x62 ; waits for our EOI
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x84 ; does not
        sti
        nop
        nop
        cli
        mov al, 0x73
        call note
        popad
        iret

; The other ways to name oneself.
destinations:
        RD LAPIC_ID
        mov [id], eax
        WR LAPIC_ICR_HIGH, [id]
        WR LAPIC_ICR, 0x51              ; physical
        nop
        NOTED "physical"
        WR LAPIC_ICR_HIGH, 0xFF000000
        WR LAPIC_ICR, 0x62              ; physical, broadcast
        nop
        NOTED "broadcast"
        WR LAPIC_ICR_HIGH, 0x01000000
        WR LAPIC_ICR, 0x873             ; logical, flat
        nop
        NOTED "logical"
        WR LAPIC_ICR_HIGH, 0x02000000
        WR LAPIC_ICR, 0x884             ; somebody else
        nop
        NOTED "other"
        WR LAPIC_ICR, 0x80095           ; all, with oneself
        nop
        NOTED "all"
        WR LAPIC_ICR, 0xC0095           ; all others
        nop
        NOTED "others"
        WR LAPIC_LDR, 0x13000000        ; cluster 1, members 0 and 1
        WR LAPIC_DFR, 0x0FFFFFFF
        WR LAPIC_ICR_HIGH, 0x12000000
        WR LAPIC_ICR, 0x851
        nop
        NOTED "cluster"
        WR LAPIC_ICR_HIGH, 0x23000000
        WR LAPIC_ICR, 0x851
        nop
        NOTED "nocluster"
        WR LAPIC_DFR, 0xFFFFFFFF
        ret

timer:
        WR LAPIC_DIVIDE, 0xB            ; by 1
        WR LAPIC_LVT_TIMER, 0x62        ; one shot
        WR LAPIC_INITIAL_COUNT, 20000
        RD LAPIC_CURRENT_COUNT
        cmp eax, 20000
        seta al
        movzx eax, al
        SHOW "above", eax
        mov ecx, 40000
.wait:  a32 loop .wait
        NOTED "oneshot"
        READ "current", LAPIC_CURRENT_COUNT
        WR LAPIC_LVT_TIMER, 0x20062     ; periodic
        WR LAPIC_INITIAL_COUNT, 10000
        cli
        xor ecx, ecx
.three: sti
        hlt
        cli
        cmp word [noted], noted_bytes + 3
        jb .three
        WR LAPIC_LVT_TIMER, LAPIC_LVT_MASKED | 0x62
        WR LAPIC_INITIAL_COUNT, 0
        sti                             ; a fourth may be on its way
        nop
        nop
        mov word [noted], noted_bytes + 3
        NOTED "periodic"
        ret

errors:
        WR LAPIC_LVT_ERROR, 0x95
        WR LAPIC_ESR, 0
        WR LAPIC_ESR, 0
        READ "esr1", LAPIC_ESR
        WR LAPIC_ICR, LAPIC_ICR_SELF | 0x05 ; an illegal vector
        nop
        WR LAPIC_ESR, 0
        READ "esr2", LAPIC_ESR
        WR LAPIC_ESR, 0
        READ "esr3", LAPIC_ESR
        NOTED "error"
        WR LAPIC_LVT_ERROR, LAPIC_LVT_MASKED
        ret

disable:
        WR LAPIC_LVT_LINT1, 0x00000400  ; NMI
        WR LAPIC_SVR, 0x0FF
        READ "lint1off", LAPIC_LVT_LINT1
        WROTE "lint1un", LAPIC_LVT_LINT1, 0x00000400
        WR LAPIC_SVR, LAPIC_SVR_ENABLE | 0xFF
        READ "lint1on", LAPIC_LVT_LINT1
        ret

align 4
ppr_in:         dd 0
isr_in:         dd 0
id:             dd 0
%include "lib_end.inc"
