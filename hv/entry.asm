; entry.asm: the first instructions of the hypervisor, at HV_VIRT.
;
; From stage2: long mode, interrupts off, RDI = physical address of struct boot_info.

%include "layout.inc"
bits 64
section .entry
extern hv_main, bss_start, bss_end, vcpus

global hv_entry
hv_entry:
    mov     rsp, vcpus + VCPU_GPR ; the stack of the first vCPU: hv/vcpu.h
    mov     rbx, rdi
    mov     rdi, bss_start      ; the image on disk ends where the zeros begin
    mov     rcx, bss_end
    sub     rcx, rdi
    xor     eax, eax
    cld
    rep     stosb
    mov     rdi, rbx
    call    hv_main             ; void hv_main(const struct boot_info *): never returns
