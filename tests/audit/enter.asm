; enter.asm: stands in for hv/vmx/enter.asm: one attempt to enter the guest, and back.

%include "layout.inc"
bits 64
default rel
section .text

HOST_RSP equ 6C14h              ; hv/vmx/fields.h

; int audit_enter(bool launched): 0 after a VM exit, 1 VMfailInvalid, 2 VMfailValid
global audit_enter
audit_enter:
    push    rbx
    push    rbp
    push    r12
    push    r13
    push    r14
    push    r15
    mov     eax, HOST_RSP
    vmwrite rax, rsp
    test    dil, dil
    jnz     .resume
    vmlaunch
    jmp     .refused
.resume:
    vmresume
.refused:
    mov     eax, 1
    jc      back
    mov     eax, 2
    jmp     back

; The host RIP: here the processor goes on after an exit, an entry that failed late included.
global vmx_exited
vmx_exited:
    xor     eax, eax
back:
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     rbp
    pop     rbx
    ret
