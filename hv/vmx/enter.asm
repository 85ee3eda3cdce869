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

%include "virt/registers.inc"

; _Noreturn void vmx_run(struct vcpu *vcpu, void (*on_exit)(struct vcpu *vcpu))
global vmx_run
vmx_run:
    mov     [on_exit], rsi      ; the same for all processors
    lea     rsp, [rdi + VCPU_GPR]
    LOAD    rax, REG_RAX
    FOR_GUEST LOAD
    vmlaunch
    jmp     entry_failed        ; the guest did not run, and the stack is still ours

; VM exits arrive here, with RSP = vcpu->gpr.
global vmx_exited
vmx_exited:
    STORE   rax, REG_RAX
    FOR_GUEST STORE
    lea     rdi, [rsp - VCPU_GPR]
    call    [on_exit]
    LOAD    rax, REG_RAX
    FOR_GUEST LOAD
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
