; enter.asm: into the guest by VMLAUNCH or VMRESUME, and back at the next VM exit.
;
; The price of an exit is counted in instructions, and these are paid by every one. Two ideas keep
; them few. At an exit the processor loads RSP from the VMCS: there it finds the address of struct
; vcpu, so the guest's registers can be stored at once, without a free register. And RBP and R8..R15
; are not stored at all: the hypervisor's C leaves them alone (see vmx/enter.h).
;
; An exception or NMI in here is safe, for its handler has a stack of its own (cpu/tables.c).

%include "layout.inc"
bits 64
section .text

%macro LOAD_GUEST 0
    mov     rax, [rdi + VCPU_RAX]
    mov     rcx, [rdi + VCPU_RCX]
    mov     rdx, [rdi + VCPU_RDX]
    mov     rbx, [rdi + VCPU_RBX]
    mov     rsi, [rdi + VCPU_RSI]
    mov     rdi, [rdi + VCPU_RDI]
%endmacro

; enum entry_result vmx_launch(struct vcpu *), enum entry_result vmx_resume(struct vcpu *)
; in:  RDI
; out: CF and ZF clear: an exit. Otherwise EAX = enum entry_result
; Changes all general registers but RSP; vmx/enter.h tells the compiler.
global vmx_launch_asm, vmx_resume_asm
vmx_launch_asm:
    mov     [rdi + VCPU_HOST_RSP], rsp
    LOAD_GUEST
    vmlaunch
    jmp     vmx_failed          ; the guest did not run, the stack is still ours

vmx_resume_asm:                 ; RSP is what it was at vmx_launch: exit_loop() calls both
    LOAD_GUEST
    vmresume
vmx_failed:
    mov     eax, ENTRY_VMFAIL_VALID
    jz      .return
    mov     eax, ENTRY_VMFAIL_INVALID
.return:                        ; MOV keeps the flags for the caller
    ret

; VM exits arrive here, with RSP = struct vcpu.
global vmx_exited
vmx_exited:
    mov     [rsp + VCPU_RAX], rax
    mov     [rsp + VCPU_RCX], rcx
    mov     [rsp + VCPU_RDX], rdx
    mov     [rsp + VCPU_RBX], rbx
    mov     [rsp + VCPU_RSI], rsi
    mov     [rsp + VCPU_RDI], rdi
    mov     rsp, [rsp + VCPU_HOST_RSP]
    ret                         ; with CF and ZF clear: no instruction here changed them

; void vmx_store_other_gprs(struct vcpu *)
global vmx_store_other_gprs
vmx_store_other_gprs:
    mov     [rdi + VCPU_RBP], rbp
    mov     [rdi + VCPU_R8 + 0 * 8], r8
    mov     [rdi + VCPU_R8 + 1 * 8], r9
    mov     [rdi + VCPU_R8 + 2 * 8], r10
    mov     [rdi + VCPU_R8 + 3 * 8], r11
    mov     [rdi + VCPU_R8 + 4 * 8], r12
    mov     [rdi + VCPU_R8 + 5 * 8], r13
    mov     [rdi + VCPU_R8 + 6 * 8], r14
    mov     [rdi + VCPU_R8 + 7 * 8], r15
    ret

; void vmx_load_other_gprs(const struct vcpu *)
global vmx_load_other_gprs
vmx_load_other_gprs:
    mov     rbp, [rdi + VCPU_RBP]
    mov     r8,  [rdi + VCPU_R8 + 0 * 8]
    mov     r9,  [rdi + VCPU_R8 + 1 * 8]
    mov     r10, [rdi + VCPU_R8 + 2 * 8]
    mov     r11, [rdi + VCPU_R8 + 3 * 8]
    mov     r12, [rdi + VCPU_R8 + 4 * 8]
    mov     r13, [rdi + VCPU_R8 + 5 * 8]
    mov     r14, [rdi + VCPU_R8 + 6 * 8]
    mov     r15, [rdi + VCPU_R8 + 7 * 8]
    ret
