; resume_flag.asm: the flags that a fault pushes have RF set, whoever finds the fault: the processor (UD2)
; or, by an exit, hv16 (VMCALL, a bad MTRR). Natively it prints the same.
%include "lib.inc"
%include "pm.inc"

%define RFLAGS_RF 0x10000

; CATCH32 VECTOR, HANDLER: its gate in the IDT.
%macro CATCH32 2
        mov eax, %2
        mov [PM_IDT + %1 * 8], ax
        shr eax, 16
        mov [PM_IDT + %1 * 8 + 6], ax
%endmacro
; FAULTS WHERE, LENGTH, INSTRUCTION: RF as the fault has pushed it, and in its handler.
%macro FAULTS 3+
        mov ebx, %2
        mov edi, %1
        %3
%endmacro

main:
        call enter32
bits 32
        CATCH32 6, on_ud
        CATCH32 13, on_gp
        FAULTS seen_ud2, 2, ud2
        xor eax, eax
        FAULTS seen_vmcall, 3, vmcall
        mov ecx, MSR_IA32_MTRR_DEF_TYPE
        mov eax, 7                      ; there is no type 7
        xor edx, edx
        FAULTS seen_wrmsr, 2, wrmsr
        call leave32
bits 16
        SHOW "ud2", [seen_ud2]
        SHOW "ud2_in_handler", [seen_ud2 + 4]
        SHOW "vmcall", [seen_vmcall]
        SHOW "vmcall_in_handler", [seen_vmcall + 4]
        SHOW "wrmsr", [seen_wrmsr]
        SHOW "wrmsr_in_handler", [seen_wrmsr + 4]
        END

bits 32
on_gp:
        add esp, 4                      ; the error code
on_ud:
        pushfd
        pop eax
        and eax, RFLAGS_RF
        mov [edi + 4], eax
        mov eax, [esp + 8]
        and eax, RFLAGS_RF
        mov [edi], eax
        add [esp], ebx                  ; on after the instruction
        iretd

align 8
seen_ud2:       dq -1
seen_vmcall:    dq -1
seen_wrmsr:     dq -1
bits 16
%include "lib_end.inc"
