; init.asm: the processor that booted sends itself an INIT, as 16-bit systems did to leave protected
; mode: CMOS 0Fh tells the BIOS to go on at the address at 40:67. ROUNDS times.
%include "lib.inc"
%include "apic.inc"

%ifndef ROUNDS
%define ROUNDS          100
%endif
%ifndef SHUTDOWN
%define SHUTDOWN        0x0A
%endif

main:
        cli
        call apic_find
        call apic_enable
        mov eax, 0x12345678             ; INIT keeps this: an MSR
        mov ecx, 0x174
        xor edx, edx
        wrmsr
        mov dword [0x467], after
%ifdef A20_CLOSED
        in al, PORT_SYSTEM_A
        and al, ~3
        out PORT_SYSTEM_A, al
%endif
round:
        mov al, 0x0F
        out PORT_CMOS_INDEX, al
        mov al, SHUTDOWN
        out PORT_CMOS_DATA, al
        inc dword [sent]
        RD LAPIC_ID
        WR LAPIC_ICR_HIGH, eax
        WR LAPIC_ICR, ICR_INIT
        times 20 nop
        inc dword [missed]              ; none came
        jmp done

after:                                  ; CS = 0, all else is the BIOS's
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7C00
        cld
        inc dword [came]
        mov eax, cr0
        mov [cr0_then], eax
        call apic_find                  ; and big limits again
        RD LAPIC_SVR
        mov [svr_then], eax
        cmp dword [came], ROUNDS
        jb round
done:
        mov ecx, 0x174
        rdmsr
        SHOW "msr", eax
        in al, PORT_SYSTEM_A
        and eax, 2
        SHOW "a20", eax
        SHOW "sent", [sent]
        SHOW "missed", [missed]
        SHOW "came", [came]
        SHOW "cr0", [cr0_then]
        SHOW "svr", [svr_then]
        END

align 4
sent:           dd 0
missed:         dd 0
came:           dd 0
cr0_then:       dd 0
svr_then:       dd 0

%include "lib_end.inc"
