; task.asm: switches tasks by hardware, which VMX leaves to software altogether.
%include "lib.inc"
%include "pm.inc"

main:
        call enter32
bits 32
        mov ax, SEL_TSS
        ltr ax
        jmp SEL_TSS2:0
bits 16
%include "lib_end.inc"
