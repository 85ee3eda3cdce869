; enter.asm: into the guest by VMLAUNCH or VMRESUME, and what happens first at each VM exit.
;
; At an exit the processor changes RIP and RSP and leaves the other general registers to software:
; SDM volume 3, "Loading Host State" (3C 28.5). It loads RSP from the VMCS, with the address of
; vcpu->gpr. So the guest's registers can be stored at once, without a free register, and as the
; stack of the vCPU lies right below them, C can be called then.
;
; An exception or NMI in here is safe, for its handler has a stack of its own (host/tables.c).

%include "layout.inc"
bits 64
default rel
section .text

extern vmx_explain_vmfail

; RSP is not among them: the guest's is in the VMCS.
%macro STORE_GUEST 0
    mov     [rsp + 8 * REG_RAX], rax
    mov     [rsp + 8 * REG_RCX], rcx
    mov     [rsp + 8 * REG_RDX], rdx
    mov     [rsp + 8 * REG_RBX], rbx
    mov     [rsp + 8 * REG_RBP], rbp
    mov     [rsp + 8 * REG_RSI], rsi
    mov     [rsp + 8 * REG_RDI], rdi
    mov     [rsp + 8 * REG_R8], r8
    mov     [rsp + 8 * REG_R9], r9
    mov     [rsp + 8 * REG_R10], r10
    mov     [rsp + 8 * REG_R11], r11
    mov     [rsp + 8 * REG_R12], r12
    mov     [rsp + 8 * REG_R13], r13
    mov     [rsp + 8 * REG_R14], r14
    mov     [rsp + 8 * REG_R15], r15
%endmacro

%macro LOAD_GUEST 0
    mov     rax, [rsp + 8 * REG_RAX]
    mov     rcx, [rsp + 8 * REG_RCX]
    mov     rdx, [rsp + 8 * REG_RDX]
    mov     rbx, [rsp + 8 * REG_RBX]
    mov     rbp, [rsp + 8 * REG_RBP]
    mov     rsi, [rsp + 8 * REG_RSI]
    mov     rdi, [rsp + 8 * REG_RDI]
    mov     r8,  [rsp + 8 * REG_R8]
    mov     r9,  [rsp + 8 * REG_R9]
    mov     r10, [rsp + 8 * REG_R10]
    mov     r11, [rsp + 8 * REG_R11]
    mov     r12, [rsp + 8 * REG_R12]
    mov     r13, [rsp + 8 * REG_R13]
    mov     r14, [rsp + 8 * REG_R14]
    mov     r15, [rsp + 8 * REG_R15]
%endmacro

; _Noreturn void vmx_run(struct vcpu *vcpu, void (*on_exit)(struct vcpu *vcpu))
global vmx_run
vmx_run:
    mov     [on_exit], rsi      ; the same for all processors
    lea     rsp, [rdi + VCPU_GPR]
    LOAD_GUEST
    vmlaunch
    jmp     entry_failed        ; the guest did not run, and the stack is still ours

; VM exits arrive here, with RSP = vcpu->gpr.
global vmx_exited
vmx_exited:
    STORE_GUEST
    lea     rdi, [rsp - VCPU_GPR]
    call    [on_exit]
    LOAD_GUEST
    vmresume

; An entry that does not happen sets CF (VMfailInvalid) or ZF (VMfailValid), and goes on here: SDM
; volume 3, "Conventions" (3C 31.2).
entry_failed:
    mov     esi, ENTRY_VMFAIL_VALID
    jz      .explain
    mov     esi, ENTRY_VMFAIL_INVALID
.explain:
    lea     rdi, [rsp - VCPU_GPR]
    call    vmx_explain_vmfail  ; void vmx_explain_vmfail(struct vcpu *, enum entry_result): it stops

section .bss
alignb 8
on_exit:
    resq    1
