; self.asm: the processor that booted sends itself INITs, ROUNDS of them. With -DSHUTDOWN=0 the BIOS is
; not told where to go on: then the guest's boot sector comes again.
%include "lib.inc"
%include "apic.inc"

%define ROUNDS          100
%ifndef SHUTDOWN
%define SHUTDOWN        0x0A            ; for CMOS 0Fh: "jump to the address at 40:67"
%endif
%define COUNTER         0x6000          ; a segment that a restart of the guest leaves alone

main:
        cli
        mov ax, COUNTER
        mov es, ax
        inc dword [es:0]
        SHOW "boots", [es:0]
        cmp dword [es:0], 2
        jae finish_well
        call apic_find
        call apic_enable
        WR LAPIC_TPR, 0x20
        RD LAPIC_ID
        mov [id_before], eax
        mov eax, 0x12345678
        mov ecx, 0x174
        xor edx, edx
        wrmsr
        mov eax, cr0
        and eax, ~(3 << 29)             ; CD and NW off, and so they stay
        mov cr0, eax
        mov dword [0x467], after
round:
        mov al, 0x0F
        out PORT_CMOS_INDEX, al
        mov al, SHUTDOWN
        out PORT_CMOS_DATA, al
        inc dword [sent]
        WR LAPIC_ICR_HIGH, [id_before]
        WR LAPIC_ICR, ICR_INIT
        times 16 nop
        inc dword [missed]
        jmp report

after:                                  ; from the BIOS. CS is 0
        cli
        cld
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7C00
        inc dword [came]
        mov eax, cr0
        mov [cr0_after], eax
        mov eax, dr7
        mov [dr7_after], eax
        call apic_find                  ; FS has its small limit again
        RD LAPIC_SVR
        mov [svr_after], eax
        RD LAPIC_TPR
        mov [tpr_after], eax
        RD LAPIC_ID
        mov [id_after], eax
        cmp dword [came], ROUNDS
        jb round

report:
        mov ecx, 0x174
        rdmsr
        SHOW "msr174", eax
        SHOW "sent", [sent]
        SHOW "came", [came]
        SHOW "missed", [missed]
        SHOW "cr0", [cr0_after]
        SHOW "dr7", [dr7_after]
        SHOW "svr", [svr_after]
        SHOW "tpr", [tpr_after]
        mov eax, [id_after]
        sub eax, [id_before]
        SHOW "id", eax
finish_well:
        END

align 4
sent:           dd 0
came:           dd 0
missed:         dd 0
cr0_after:      dd 0
dr7_after:      dd 0
svr_after:      dd 0
tpr_after:      dd 0
id_before:      dd 0
id_after:       dd 0

%include "lib_end.inc"
