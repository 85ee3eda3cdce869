; trampoline.asm: the first instructions of each further processor: from the real mode that a SIPI
; starts it in straight to long mode, and into cpu_main().
;
; init/start.c copies this to TRAMPOLINE_ADDR, below 1 MiB, and fills in what the processor that
; booted has in its control registers. Paging and protection are switched on together: SDM volume 3,
; "Initializing IA-32e Mode" (3A 10.8.5).

%include "layout.inc"

%define AT(label)   (label - trampoline)        ; as an offset in CS, and in DS then
%define HERE(label) (TRAMPOLINE_ADDR + AT(label))

section .rodata
global trampoline

bits 16
align 16
trampoline:                     ; struct trampoline in init/start.c
    jmp     short start16
align 8
cr3_value:      dq 0
cr0_value:      dq 0
stack_value:    dq 0
vcpu_value:     dq 0
entry_value:    dq 0
start16:
    cli
    mov     ax, cs
    mov     ds, ax
    o32 lgdt [AT(gdt_pointer)]
    mov     eax, CR4_PAE
    mov     cr4, eax
    mov     eax, [AT(cr3_value)]
    mov     cr3, eax
    mov     ecx, MSR_IA32_EFER
    rdmsr
    or      eax, EFER_LME
    wrmsr
    mov     eax, [AT(cr0_value)]
    mov     cr0, eax
    jmp     dword SEL_CODE64:HERE(start64)
bits 64
start64:
    mov     ax, SEL_DATA        ; of the data segments 64-bit mode wants SS alone, for IRET
    mov     ss, ax
    mov     rsp, [abs HERE(stack_value)]
    mov     rdi, [abs HERE(vcpu_value)]
    mov     rax, [abs HERE(entry_value)]
    call    rax                 ; never returns

align 8
gdt:
    dq      0
    dq      SEGMENT_CODE32      ; SEL_CODE32
    dq      SEGMENT_DATA        ; SEL_DATA
    dq      SEGMENT_CODE64      ; SEL_CODE64
gdt_pointer:
    dw      gdt_pointer - gdt - 1
    dd      HERE(gdt)

    times TRAMPOLINE_MAX - AT($) db 0 ; below 0 it has outgrown its place
