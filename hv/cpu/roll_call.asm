; roll_call.asm: for a machine whose firmware has no table of its processors. A SIPI to all others
; at once starts them here, in real mode: each writes down its APIC ID, and sleeps.
;
; cpu/start.c copies this to TRAMPOLINE_ADDR and reads the list there.
; SDM volume 3, "MP Initialization Example" (3A 9.4.4), counts them in the same way.

%include "layout.inc"

%define AT(label) (label - roll_call)   ; as an offset in CS, and in DS then

section .rodata
global roll_call, roll_call_list_offset, roll_call_size

bits 16
align 16
roll_call:
    cli
    mov     ax, cs
    mov     ds, ax
    mov     eax, 1
    cpuid
    shr     ebx, 24             ; "Initial APIC ID"
    mov     eax, 1
    lock xadd [AT(count)], eax  ; EAX = its place in the list
    cmp     eax, ROLL_CALL_MAX
    jae     .sleep
    mov     [AT(ids) + eax], bl
.sleep:
    hlt
    jmp     .sleep

align 4
list:                           ; struct roll_call_list in cpu/start.c
count:  dd 0
ids:    times ROLL_CALL_MAX db 0
roll_call_end:

%if AT(roll_call_end) > TRAMPOLINE_MAX
    %error "the roll call has outgrown TRAMPOLINE_MAX"
%endif

align 4
roll_call_list_offset: dd AT(list)
roll_call_size:        dd AT(roll_call_end)
