; apic_reach.asm: the page of an APIC is named as memory that hv16 reads or writes for the guest:
; a task-state segment, page tables, the other operand of MOVS. -DWAY=...
%include "lib.inc"
%include "pm.inc"
%include "apic.inc"

%define TSS_THERE       1               ; a hardware task switch to it
%define MOVED           2               ; MOVS from the guest's APIC to where the machine's is
%define TABLES          3               ; CR3
%define OVER_HV16       4               ; IA32_APIC_BASE names the hidden block

%define HYPERCALL_BLOCK 3

%define ELSEWHERE       0xD0000000

main:
        call apic_find
%if WAY == OVER_HV16
        mov eax, HYPERCALL_MAGIC
        mov ebx, HYPERCALL_BLOCK
        vmcall
        or eax, APIC_BASE_EN
        xor edx, edx
        mov ecx, MSR_IA32_APIC_BASE
        wrmsr
        xor eax, eax
        cpuid
        END
%elif WAY == MOVED
        mov eax, ELSEWHERE | APIC_BASE_EN
        xor edx, edx
        mov ecx, MSR_IA32_APIC_BASE
        wrmsr
%endif
        call enter32
bits 32
        mov ebx, [apic]
%if WAY == TSS_THERE
        mov [pm_gdt + SEL_TSS2 + 2], bx
        shr ebx, 16
        mov [pm_gdt + SEL_TSS2 + 4], bl
        mov [pm_gdt + SEL_TSS2 + 7], bh
        mov ax, SEL_TSS
        ltr ax
        jmp SEL_TSS2:0
%elif WAY == MOVED
        mov esi, ELSEWHERE + LAPIC_VERSION
        lea edi, [ebx + LAPIC_EOI]
        movsd
%elif WAY == TABLES
        mov cr3, ebx
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        nop
%endif
        jmp $
bits 16
%include "lib_end.inc"
