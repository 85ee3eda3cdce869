; nmi_hidden.asm: NMIs that a guest sends itself, before and after it has read hidden memory.
%include "lib.inc"
%include "apic.inc"

%define HYPERCALL_BLOCK 3

main:
        call apic_find
        mov dword [2 * 4], on_nmi
        cli
        WR LAPIC_ICR, ICR_NMI
        nop
        SHOW "before", [nmis]
        mov eax, HYPERCALL_MAGIC
        mov ebx, HYPERCALL_BLOCK
        vmcall
        mov edi, eax
        sti
        mov edx, [fs:edi]               ; it is stepped, with interrupts just allowed
        cli
        SHOW "read", edx
        WR LAPIC_ICR, ICR_NMI
        nop
        SHOW "after", [nmis]
        END

on_nmi:
        inc dword [cs:nmis]
        iret

align 4
nmis:           dd 0
%include "lib_end.inc"
