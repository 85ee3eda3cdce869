; mtrr_smp.asm: two processors change the same MTRRs one after the other, as SDM volume 3, "MTRR
; Considerations in MP Systems", asks for. Each has MTRRs of its own.
%include "lib.inc"
%include "apic.inc"
%include "smp.inc"

%define PHYSBASE7       (MSR_IA32_MTRR_PHYSBASE0 + 14)      ; the eighth pair: no BIOS uses it
%define MEMORY          0x00800000

; WRITE MSR, HIGH, LOW
%macro WRITE 3
        mov ecx, %1
        mov edx, %2
        mov eax, %3
        wrmsr
%endmacro
; BOTH "name": the MTRR, and what is in memory there, as both see it.
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
        SIPI_TO AP_PAGE, ap_start
        call ap_init_sipi
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
        AP_ENTER
        jmp ap_serve

align 4
seen_type:      dd 0
seen_memory:    dd 0
%include "lib_end.inc"
