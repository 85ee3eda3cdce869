; longmode.asm: real mode -> protected mode -> long mode -> the hypervisor.
; Source: SDM volume 3, "Switching to Protected Mode" (3A 10.9.1) and "Initializing IA-32e Mode"
; (3A 10.8.5), whose steps the comments number.

bits 16

; CPUID exists if EFLAGS.ID can be changed; long mode exists if CPUID 80000001h says so.
check_long_mode:
    pushfd
    pop     eax
    mov     ecx, eax
    xor     eax, RFLAGS_ID
    push    eax
    popfd
    pushfd
    pop     eax
    xor     eax, ecx
    test    eax, RFLAGS_ID
    jz      .none
    mov     eax, 0x80000000     ; the highest extended leaf
    cpuid
    cmp     eax, 0x80000001
    jb      .none
    mov     eax, 0x80000001
    cpuid
    bt      edx, 29             ; LM
    jnc     .none
    ret
.none:
    mov     si, .text
    jmp     fail
.text: db "hv16: this processor has no long mode (CPUID 80000001h EDX bit 29): it is 32-bit only", 0

protected_enter:
    cli
    lgdt    [gdt_pointer]
    mov     eax, cr0
    or      al, CR0_PE
    mov     cr0, eax
    jmp     SEL_CODE32:.protected
bits 32
.protected:
    mov     ax, SEL_DATA
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     fs, ax
    mov     gs, ax
    mov     esp, BOOT_SECTOR_ADDR
    jmp     stage2_32

; EAX = CR3
long_enter:
    mov     ecx, cr4
    or      ecx, CR4_PAE        ; step 2
    mov     cr4, ecx
    mov     cr3, eax            ; step 3
    mov     ecx, MSR_IA32_EFER
    rdmsr
    or      eax, EFER_LME       ; step 4
    wrmsr
    mov     eax, cr0
    or      eax, CR0_PG         ; step 5: the processor sets EFER.LMA
    mov     cr0, eax
    jmp     SEL_CODE64:.long
bits 64
.long:
    mov     edi, BOOT_INFO_ADDR ; the first argument of hv_entry
    mov     rax, HV_VIRT        ; where hv_entry is linked
    jmp     rax

align 8
gdt:
    dq      0
    dq      SEGMENT_CODE32      ; SEL_CODE32: base 0, 4 GiB, code, ring 0
    dq      SEGMENT_DATA        ; SEL_DATA:   base 0, 4 GiB, data
    dq      SEGMENT_CODE64      ; SEL_CODE64: L bit
gdt_pointer:
    dw      gdt_pointer - gdt - 1
    dd      gdt
