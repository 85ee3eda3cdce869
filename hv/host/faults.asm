; faults.asm: what the IDT points at, the end of an NMI, and the one instruction that is allowed
; to fault.

%include "layout.inc"
bits 64
default rel
section .text

extern host_event

; Vectors whose exception pushes an error code (SDM volume 3, "Error Code", 3A 6.13).
%define HAS_ERROR_CODE (VECTORS_WITH_ERROR_CODE | 1 << VECTOR_CP)

; One stub for each vector, all of the same length. TIMES does not assemble if one is longer.
global fault_stubs
fault_stubs:
%assign vector 0
%rep EXCEPTION_VECTORS
  %if (HAS_ERROR_CODE & (1 << vector)) == 0
    push    0
  %endif
    push    vector
    jmp     fault_common
    times   (vector + 1) * FAULT_STUB_SIZE - ($ - fault_stubs) nop
%assign vector vector + 1
%endrep

; void host_event(struct host_frame *frame): returns after an NMI, and to repair the guarded
; instruction.
fault_common:
    push    r11                 ; struct host_frame in host/tables.c, from its end. R12 to R15 are
    push    r10                 ; the called function's to keep
    push    r9
    push    r8
    push    rdi
    push    rsi
    push    rbp
    push    rbx
    push    rdx
    push    rcx
    push    rax
    mov     rdi, rsp
    cld
    call    host_event
    pop     rax
    pop     rcx
    pop     rdx
    pop     rbx
    pop     rbp
    pop     rsi
    pop     rdi
    pop     r8
    pop     r9
    pop     r10
    pop     r11
    add     rsp, 16             ; vector and error code
    iretq

; void tables_unblock_nmis(void): the next NMI can come only after an IRET: SDM volume 3, "Handling
; Multiple NMIs" (3A 6.7.1). This one does what RET would do.
global tables_unblock_nmis
tables_unblock_nmis:
    pop     rax
    mov     rdx, rsp
    push    SEL_DATA
    push    rdx
    pushfq
    push    SEL_CODE64
    push    rax
    iretq

; bool wrmsr_safe(uint32_t msr, uint64_t value)
global wrmsr_safe, wrmsr_safe_at, wrmsr_safe_failed
wrmsr_safe:
    mov     ecx, edi
    mov     eax, esi
    mov     rdx, rsi
    shr     rdx, 32
wrmsr_safe_at:
    wrmsr                       ; #GP: host_event() continues at wrmsr_safe_failed
    mov     eax, 1
    ret
wrmsr_safe_failed:
    xor     eax, eax
    ret
