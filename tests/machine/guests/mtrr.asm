; mtrr.asm: the guest sets memory types, rightly and wrongly.
%include "lib.inc"

%define PHYSBASE7       (MSR_IA32_MTRR_PHYSBASE0 + 14)      ; the eighth pair: no BIOS uses it
%define PHYSMASK7       (PHYSBASE7 + 1)

; WRITE "name", MSR, HIGH, LOW: prints the fault and what the MSR holds afterwards.
%macro WRITE 4
        mov ecx, %2
        mov edx, %3
        mov eax, %4
        TRY wrmsr
        SHOW %1, [fault]
        rdmsr
        SHOW %1, eax, "_low"
        SHOW %1, edx, "_high"
%endmacro

main:
        call faults_catch
        mov ecx, MSR_IA32_MTRRCAP       ; how many pairs
        rdmsr
        SHOW "cap", eax
        WRITE "mask", PHYSMASK7, 0x0F, 0xFFE00800       ; 2 MiB, valid
        WRITE "base_wc", PHYSBASE7, 0, 0x00800001       ; at 8 MiB, write-combining
        WRITE "base_type2", PHYSBASE7, 0, 0x00800002    ; there is no type 2
        WRITE "base_bit8", PHYSBASE7, 0, 0x00800106     ; a reserved bit
        WRITE "base_wide", PHYSBASE7, 0x100000, 0x00800006 ; beyond the physical address width
        WRITE "mask_off", PHYSMASK7, 0, 0
        mov ecx, MSR_IA32_MTRR_DEF_TYPE
        rdmsr
        mov [def_type], eax
        mov bl, al
        WRITE "def_same", MSR_IA32_MTRR_DEF_TYPE, 0, [def_type]
        mov eax, [def_type]
        mov al, 7                       ; there is no type 7
        mov [def_type], eax
        WRITE "def_bad", MSR_IA32_MTRR_DEF_TYPE, 0, [def_type]
        mov ecx, MSR_IA32_MTRR_FIX64K
        rdmsr
        mov [fixed], eax
        mov [fixed + 4], edx
        WRITE "fix_same", MSR_IA32_MTRR_FIX64K, [fixed + 4], [fixed]
        mov dword [0x600], 0x12345678   ; and memory is still memory
        SHOW "memory", [0x600]
        END

def_type:       dd 0
fixed:          dq 0
%include "lib_end.inc"
