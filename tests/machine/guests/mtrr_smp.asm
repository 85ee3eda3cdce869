; mtrr_smp.asm: two processors change the same MTRRs one after the other, as SDM volume 3, "MTRR
; Considerations in MP Systems", asks for. Each has MTRRs of its own.
%include "lib.inc"
%include "apic.inc"

%define AP_PAGE         0x20            ; the vector of the SIPI: 0x20000
%define AP_STACK        0x6000
%define PHYSBASE7       (MSR_IA32_MTRR_PHYSBASE0 + 14)      ; the eighth pair: no BIOS uses it
%define MEMORY          0x00800000

; WRITE MSR, HIGH, LOW
%macro WRITE 3
        mov ecx, %1
        mov edx, %2
        mov eax, %3
        wrmsr
%endmacro
; THERE ROUTINE: the second processor calls it.
%macro THERE 1
        mov word [job], %1
%%wait: cmp word [job], 0
        jne %%wait
%endmacro
%macro BOTH 1
        call look
        SHOW %1, [seen_type], "_type"
        SHOW %1, [seen_memory], "_memory"
        THERE look
        SHOW %1, [seen_type], "_type2"
        SHOW %1, [seen_memory], "_memory2"
%endmacro

main:
        call apic_find
        mov ax, AP_PAGE << 8
        mov es, ax
        mov byte [es:0], 0xEA
        mov dword [es:1], ap_start
        xor ax, ax
        mov es, ax
        WR LAPIC_ICR_HIGH, 1 << 24
        WR LAPIC_ICR, ICR_INIT
        mov ecx, 7000
        a32 loop $
        WR LAPIC_ICR, ICR_STARTUP | AP_PAGE
        mov ebx, MEMORY
        mov dword [fs:ebx], 0x12345678
        BOTH "before"
        call write_combining
        BOTH "first"
        THERE write_combining
        BOTH "second"
        THERE uncached
        BOTH "third"
        call uncached
        BOTH "fourth"
        END

write_combining:
        WRITE PHYSBASE7 + 1, 0x0F, 0xFFE00800
        WRITE PHYSBASE7, 0, MEMORY | 1
        ret
uncached:
        WRITE PHYSBASE7, 0, MEMORY
        ret
look:
        mov ecx, PHYSBASE7
        rdmsr
        mov [cs:seen_type], eax
        mov ebx, MEMORY
        mov eax, [fs:ebx]
        mov [cs:seen_memory], eax
        ret

ap_start:
        xor ax, ax
        mov ss, ax
        mov ds, ax
        mov sp, AP_STACK
        call big_limits
.next:
        mov ax, [job]
        test ax, ax
        jz .next
        call ax
        mov word [job], 0
        jmp .next

align 4
job:            dd 0
seen_type:      dd 0
seen_memory:    dd 0
%include "lib_end.inc"
