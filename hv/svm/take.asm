; take.asm: there is no "acknowledge interrupt on exit": what has come is taken through an IDT in which
; a vector is nothing but its number.
;
; Source: APM volume 2, "Global Interrupt Flag, STGI and CLGI Instructions" (15.17).

%include "layout.inc"
bits 64
default rel
section .text

extern svm_take_idt

; int svm_take(bool interrupts, uint32_t *nmis)
global svm_take
svm_take:
    sub     rsp, 24
    sidt    [rsp]
    lidt    [svm_take_idt]
    mov     r8, rsi             ; where `taken` counts NMIs
    mov     eax, -1
    cli
    stgi                        ; an NMI comes here
    test    edi, edi
    jz      .taken
    sti
    nop                         ; an interrupt comes after this
    cli
.taken:
    clgi
    lidt    [rsp]
    add     rsp, 24
    ret

; 256 of these, of 5 bytes each: the return address says which.
global svm_take_stubs
svm_take_stubs:
%rep 256
    call    strict near taken
%endrep

; RFLAGS.IF becomes 0 where the interrupt was, so that it is the only one.
taken:
    pop     rcx
    lea     rdx, [svm_take_stubs + 5 * (VECTOR_NMI + 1)]
    cmp     rcx, rdx
    je      .nmi
    lea     rdx, [svm_take_stubs]
    lea     eax, [rcx - 5]
    sub     eax, edx
    mov     ecx, 5
    xor     edx, edx
    div     ecx                 ; EAX = the vector
    and     qword [rsp + 16], ~RFLAGS_IF
    iretq
.nmi:
    inc     dword [r8]
    iretq
