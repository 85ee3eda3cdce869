; patience.asm: loops that exit at one place very often with the same registers, and do run on.
; hv16 must not take them for a guest that makes no progress.
%include "lib.inc"

%define TIMES   1500                    ; hv16 loses patience at 1000

; OFTEN INSTRUCTIONS: the counter is in memory, so that no register changes.
%macro OFTEN 1+
        mov word [counter], TIMES
%%next:
        %1
        dec word [counter]
        jnz %%next
%endmacro

%macro UNDEFINED 0
        TRY vmxoff
%endmacro
%macro REFUSED 0
        mov ecx, 0x480
        TRY rdmsr
%endmacro
%macro TOGGLE_NE 0
        mov eax, cr0
        xor eax, 0x20
        mov cr0, eax
%endmacro
%macro HIDDEN 0
        mov eax, [fs:esi]
%endmacro

main:
        call faults_catch
        call big_limits
        cli
        OFTEN UNDEFINED
        SAY "ud", 10
        OFTEN REFUSED
        SAY "gp", 10
        OFTEN TOGGLE_NE
        SAY "ne", 10
        mov eax, HYPERCALL_MAGIC
        mov ebx, 3
        vmcall
        mov esi, eax
        OFTEN HIDDEN
        SAY "hidden", 10
        sti
        END

counter:        dw 0
%include "lib_end.inc"
