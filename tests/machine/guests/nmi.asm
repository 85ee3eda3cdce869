; nmi.asm: NMIs that a guest sends itself. Each must come, and come once.
%include "lib.inc"
%include "apic.inc"

%define NMI_SELF        0x4400          ; to a physical destination: a shorthand cannot be used

main:
        call faults_catch
        call apic_find
        mov dword [2 * 4], on_nmi
        in al, 0x21                     ; no other exits meanwhile
        mov [mask], al
        mov al, 0xFF
        out 0x21, al
        RD APIC_ID
        and eax, 0xFF000000
        mov ebx, [apic]
        mov [fs:ebx + APIC_ICR_HIGH], eax
        WR APIC_ICR, NMI_SELF
        nop
        nop
        movzx eax, byte [count]
        SHOW "alone", eax
        mov byte [sends], 1             ; and one more that must wait for the handler's end; the next
        WR APIC_ICR, NMI_SELF           ; exit then is an exception
        mov ecx, 0x480
        TRY rdmsr
        xor eax, eax
        cpuid
        movzx eax, byte [fault]
        SHOW "fault", eax
        movzx eax, byte [count]
        SHOW "with_fault", eax
        mov byte [sends], 3             ; in the handler: it waits until that is over
        WR APIC_ICR, NMI_SELF
        mov ecx, 100
.wait:
        xor eax, eax
        push ecx
        cpuid                           ; an exit, if there is a hypervisor
        pop ecx
        a32 loop .wait
        movzx eax, byte [count]
        SHOW "nested", eax
        mov al, [mask]
        out 0x21, al
        END

on_nmi:
        push eax
        push ebx
        inc byte [cs:count]
        cmp byte [cs:sends], 0
        je .done
        dec byte [cs:sends]
        mov eax, NMI_SELF
        mov ebx, [cs:apic]
        mov [fs:ebx + APIC_ICR], eax
.done:
        pop ebx
        pop eax
        iret

mask:   db 0
count:  db 0
sends:  db 0

%include "lib_end.inc"
