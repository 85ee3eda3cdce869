; nmi.asm: NMIs that a guest sends itself. Each must come, and come once.
%include "lib.inc"
%include "apic.inc"


main:
        call faults_catch
        call apic_find
        mov dword [2 * 4], on_nmi
        in al, PORT_PIC1_DATA           ; no other exits meanwhile
        mov [mask], al
        mov al, 0xFF
        out PORT_PIC1_DATA, al
        RD LAPIC_ID
        and eax, 0xFF000000
        mov ebx, [apic]
        mov [fs:ebx + LAPIC_ICR_HIGH], eax
        WR LAPIC_ICR, ICR_NMI
        nop
        nop
        movzx eax, byte [count]
        SHOW "alone", eax
        mov byte [sends], 1             ; and one more that must wait for the handler's end; the next
        WR LAPIC_ICR, ICR_NMI           ; exit then is an exception
        mov ecx, 0x480
        TRY rdmsr
        xor eax, eax
        cpuid
        movzx eax, byte [fault]
        SHOW "fault", eax
        movzx eax, byte [count]
        SHOW "with_fault", eax
        mov byte [sends], 1             ; in the handler: it is due at the IRET, with no exit there
        WR LAPIC_ICR, ICR_NMI
        nop
        nop
        movzx eax, byte [count]
        SHOW "at_iret", eax
        mov byte [sends], 3             ; in the handler: it waits until that is over
        WR LAPIC_ICR, ICR_NMI
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
        out PORT_PIC1_DATA, al
        END

on_nmi:
        push eax
        push ebx
        inc byte [cs:count]
        cmp byte [cs:sends], 0
        je .done
        dec byte [cs:sends]
        mov eax, ICR_NMI
        mov ebx, [cs:apic]
        mov [fs:ebx + LAPIC_ICR], eax
.done:
        pop ebx
        pop eax
        iret

mask:   db 0
count:  db 0
sends:  db 0

%include "lib_end.inc"
