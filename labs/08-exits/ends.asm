; ends.asm: with -DTASK, a task switch by hardware, which hv16 does not handle. Otherwise CR0.PE is
; written, which with poke=0x6000:0x21 exits for ever.
%include "lib.inc"
%include "pm.inc"

main:
%ifdef TASK
        call enter32
bits 32
        mov ax, SEL_TSS
        ltr ax
        jmp SEL_TSS2:0
bits 16
%else
        call big_limits
        END
%endif
%include "lib_end.inc"
