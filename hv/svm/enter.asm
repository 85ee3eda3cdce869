; enter.asm: into the guest by VMRUN, and what happens first at each #VMEXIT.
;
; VMRUN saves the hypervisor's RSP and RAX, and #VMEXIT loads them again; RIP is the instruction after
; VMRUN. FS, GS, TR, LDTR and some MSRs are not switched by it but by VMLOAD and VMSAVE: APM volume 2,
; "VMSAVE and VMLOAD Instructions" (15.5.2). The guest's RAX is in the VMCB.

%include "layout.inc"
bits 64
default rel
section .text

%include "virt/registers.inc"

; A member of the vCPU, while RSP is vcpu->gpr.
%define MEMBER(offset) rsp + (offset) - VCPU_GPR

; _Noreturn void svm_run(struct vcpu *vcpu, void (*on_exit)(struct vcpu *vcpu))
global svm_run
svm_run:
    mov     [on_exit], rsi      ; the same for all processors
    lea     rsp, [rdi + VCPU_GPR]
.enter:
    LOAD    rax, REG_RAX
    mov     rcx, [MEMBER(VCPU_VMCB)]
    mov     [rcx + VMCB_RAX], rax
    FOR_GUEST LOAD
    mov     rax, [MEMBER(VCPU_VMCB_ADDRESS)]
    cmp     byte [MEMBER(VCPU_HOLD_INTERRUPTS)], 0
    jne     .run
    sti                         ; GIF is 0: none comes before VMRUN
.run:
    vmload                      ; and STI's shadow is over: QEMU up to 10.0 would give it to the guest
    vmrun
global svm_exited
svm_exited:                     ; #VMEXITs arrive here
    cli
    vmsave
    mov     rax, [MEMBER(VCPU_HOST_VMCB_ADDRESS)]
    vmload
    FOR_GUEST STORE
    mov     rcx, [MEMBER(VCPU_VMCB)]
    mov     rax, [rcx + VMCB_RAX]
    STORE   rax, REG_RAX
    lea     rdi, [rsp - VCPU_GPR]
    call    [on_exit]
    jmp     svm_run.enter

section .bss
alignb 8
on_exit:
    resq    1
