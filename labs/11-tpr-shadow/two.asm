; two.asm: two processors write their TPRs and look whether they have written each other's. Needs a
; second processor with APIC ID 1.
%include "lib.inc"
%include "apic.inc"
%include "count.inc"

%define AP_PAGE         0x20            ; the vector of the SIPI: 0x20000
%define AP_STACK        0x6000
%define TIMES           1000
%define PATIENCE        200000

; SEND COMMAND: to the processor with APIC ID 1.
%macro SEND 1
        WR LAPIC_ICR_HIGH, 1 << 24
        WR LAPIC_ICR, %1
        call pause
%endmacro
; AWAIT WORD, VALUE: for a while.
%macro AWAIT 2
        mov ecx, PATIENCE
%%again:
        cmp dword [%1], %2
        je %%done
        a32 loop %%again
%%done:
%endmacro

main:
        cli
        call apic_find
        call apic_enable
        mov dword [0x51 * 4], on_51
        mov ax, AP_PAGE << 8
        mov es, ax
        mov byte [es:0], 0xEA           ; jumps to 0:ap_start
        mov dword [es:1], ap_start

        WR LAPIC_TPR, 0x70
        SEND ICR_INIT
        SEND ICR_STARTUP | AP_PAGE
        AWAIT step, 1
        SHOW "started", [step]
        SHOW "fresh", [ap_fresh]        ; the second one's, before it wrote any
        READ "first", LAPIC_TPR         ; the second one has written 30H
        WR LAPIC_TPR, 0x90
        mov dword [go], 1
        AWAIT step, 2
        SHOW "second", [ap_tpr]
        SHOW "second_ppr", [ap_ppr]
        READ "first_ppr", LAPIC_PPR
        SHOW "ap_access", [ap_access]
        SHOW "ap_violation", [ap_violation]

        WR LAPIC_TPR, 0                 ; the second one has 60H now, and that holds 51H back
        SEND ICR_FIXED | 0x51
        SHOW "held", [came]
        mov dword [go], 2
        AWAIT came, 1
        SHOW "came", [came]
        SHOW "came_on", [came_on]
        END

pause:
        push ecx
        mov ecx, 7000
        a32 loop $
        pop ecx
        ret

on_51:
        push eax
        push ebx
        inc dword [cs:came]
        RD LAPIC_ID
        mov [cs:came_on], eax
        WR LAPIC_EOI, 0
        pop ebx
        pop eax
        iret

; --- The other processor. CS is 0 ------------------------------------------------------------------

ap_start:
        xor ax, ax
        mov ss, ax
        mov ds, ax
        mov sp, AP_STACK
        call big_limits
        RD LAPIC_TPR
        mov [ap_fresh], eax
        WR LAPIC_SVR, 0x1FF
        WR LAPIC_TPR, 0x30
        mov dword [step], 1
.wait1: cmp dword [go], 1
        jne .wait1
        RD LAPIC_TPR
        mov [ap_tpr], eax
        RD LAPIC_PPR
        mov [ap_ppr], eax
        call count_begin
        mov ebx, [apic]
        mov ecx, TIMES
.write: mov [fs:ebx + LAPIC_TPR], ecx
        a32 loop .write
        call count_end
        mov eax, [count_access]
        mov [ap_access], eax
        mov eax, [count_violation]
        mov [ap_violation], eax
        WR LAPIC_TPR, 0x60
        sti
        mov dword [step], 2
.wait2: cmp dword [go], 2
        jne .wait2
        WR LAPIC_TPR, 0
.rest:  jmp .rest

align 4
step:           dd 0
go:             dd 0
came:           dd 0
came_on:        dd 0xFF
ap_fresh:       dd 0xFF
ap_tpr:         dd 0xFF
ap_ppr:         dd 0xFF
ap_access:      dd 0xFF
ap_violation:   dd 0xFF

%include "lib_end.inc"
