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
        READ "tpr0", APIC_TPR
        READ "ldr0", APIC_LDR
        READ "dfr0", APIC_DFR
        READ "esr0", APIC_ESR
        READ "icr0", APIC_ICR
        READ "lint0", APIC_LINT0
        READ "lint1", APIC_LINT1
        READ "svr0", APIC_SVR
        READ "timer0", APIC_TIMER
        WR APIC_SVR, 0x1FF
        WROTE "tpr1", APIC_TPR, 0xFFFFFFFF
        READ "ppr1", APIC_PPR
        WROTE "tpr2", APIC_TPR, 0
        READ "ppr2", APIC_PPR
        WROTE "ldr1", APIC_LDR, 0xFFFFFFFF
        WROTE "dfr1", APIC_DFR, 0x0FFFFFFF
        WROTE "dfr2", APIC_DFR, 0xFFFFFFFF
        WROTE "icrh", APIC_ICR_HIGH, 0xFFFFFFFF
        WROTE "timer1", APIC_TIMER, 0x000300FF
        WROTE "lvterr", APIC_ERROR, 0x000100FE
        WROTE "divide", APIC_DIVIDE, 0xB
        WR APIC_TIMER, MASKED | 0x51
        WR APIC_LDR, 0x01000000
        ret

; Interrupts that TPR holds back come when it is lowered, the most urgent first.
priorities:
        cli
        WR APIC_TPR, 0xF0
        WR APIC_ICR, SELF | 0x62
        WR APIC_ICR, SELF | 0x84
        WR APIC_ICR, SELF | 0x51
        WR APIC_ICR, SELF | 0x84        ; once more: a request is one bit
        READ "irr2", APIC_IRR + 0x20
        READ "irr3", APIC_IRR + 0x30
        READ "irr4", APIC_IRR + 0x40
        sti
        nop
        nop
        NOTED "held"
        WR APIC_TPR, 0x80               ; class 8 is still held
        nop
        NOTED "class8"
        WR APIC_TPR, 0x7F               ; not any more
        nop
        NOTED "class7"
        WR APIC_TPR, 0x50
        nop
        NOTED "class5"
        WR APIC_TPR, 0
        nop
        NOTED "class0"
        cli
        WR APIC_ICR, SELF | 0x51        ; held back by IF, and let through by STI after its shadow
        WR APIC_ICR, SELF | 0x95
        NOTED "closed"
        sti
        nop
        nop
        nop
        NOTED "opened"
        WR APIC_ICR, SELF | 0x73        ; at once
        nop
        NOTED "atonce"
        cli                             ; and out of HLT
        WR APIC_ICR, SELF | 0x62
        sti
        hlt
        NOTED "hlt"
        ret

; While one is in service, only higher classes come; PPR says so.
in_service:
        mov dword [0x73 * 4], on_nest
        WR APIC_ICR, SELF | 0x73
        nop
        NOTED "nested"
        CATCH 0x73
        SHOW "ppr_in", [ppr_in]
        SHOW "isr_in", [isr_in]
        READ "ppr_out", APIC_PPR
        ret
on_nest:
        pushad
        RD APIC_PPR
        mov [ppr_in], eax
        RD APIC_ISR + 0x30
        mov [isr_in], eax
        WR APIC_ICR, SELF | 0x62        ; waits for our EOI
        WR APIC_ICR, SELF | 0x84        ; does not
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
        RD APIC_ID
        mov [id], eax
        WR APIC_ICR_HIGH, [id]
        WR APIC_ICR, 0x51               ; physical
        nop
        NOTED "physical"
        WR APIC_ICR_HIGH, 0xFF000000
        WR APIC_ICR, 0x62               ; physical, broadcast
        nop
        NOTED "broadcast"
        WR APIC_ICR_HIGH, 0x01000000
        WR APIC_ICR, 0x873              ; logical, flat
        nop
        NOTED "logical"
        WR APIC_ICR_HIGH, 0x02000000
        WR APIC_ICR, 0x884              ; somebody else
        nop
        NOTED "other"
        WR APIC_ICR, 0x80095            ; all, with oneself
        nop
        NOTED "all"
        WR APIC_ICR, 0xC0095            ; all others
        nop
        NOTED "others"
        WR APIC_LDR, 0x13000000         ; cluster 1, members 0 and 1
        WR APIC_DFR, 0x0FFFFFFF
        WR APIC_ICR_HIGH, 0x12000000
        WR APIC_ICR, 0x851
        nop
        NOTED "cluster"
        WR APIC_ICR_HIGH, 0x23000000
        WR APIC_ICR, 0x851
        nop
        NOTED "nocluster"
        WR APIC_DFR, 0xFFFFFFFF
        ret

timer:
        WR APIC_DIVIDE, 0xB             ; by 1
        WR APIC_TIMER, 0x62             ; one shot
        WR APIC_COUNT, 20000
        RD APIC_CURRENT
        cmp eax, 20000
        seta al
        movzx eax, al
        SHOW "above", eax
        mov ecx, 40000
.wait:  a32 loop .wait
        NOTED "oneshot"
        READ "current", APIC_CURRENT
        WR APIC_TIMER, 0x20062          ; periodic
        WR APIC_COUNT, 10000
        cli
        xor ecx, ecx
.three: sti
        hlt
        cli
        cmp word [noted], noted_bytes + 3
        jb .three
        WR APIC_TIMER, MASKED | 0x62
        WR APIC_COUNT, 0
        sti                             ; a fourth may be on its way
        nop
        nop
        mov word [noted], noted_bytes + 3
        NOTED "periodic"
        ret

errors:
        WR APIC_ERROR, 0x95
        WR APIC_ESR, 0
        WR APIC_ESR, 0
        READ "esr1", APIC_ESR
        WR APIC_ICR, SELF | 0x05        ; an illegal vector
        nop
        WR APIC_ESR, 0
        READ "esr2", APIC_ESR
        WR APIC_ESR, 0
        READ "esr3", APIC_ESR
        NOTED "error"
        WR APIC_ERROR, MASKED
        ret

disable:
        WR APIC_LINT1, 0x00000400       ; NMI
        WR APIC_SVR, 0x0FF
        READ "lint1off", APIC_LINT1
        WROTE "lint1un", APIC_LINT1, 0x00000400
        WR APIC_SVR, 0x1FF
        READ "lint1on", APIC_LINT1
        ret

align 4
ppr_in:         dd 0
isr_in:         dd 0
id:             dd 0
%include "lib_end.inc"
