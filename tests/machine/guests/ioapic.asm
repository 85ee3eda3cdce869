; ioapic.asm: interrupts that an I/O APIC sends to a logical destination: the timer's, on its pin 2,
; edge-triggered and level-triggered.
%include "lib.inc"
%include "apic.inc"

%define IOAPIC          0xFEC00000
%define PIN             2
%define ENTRY_LOW       (0x10 + 2 * PIN)        ; index of the redirection entry
%define LOGICAL         0x800
%define LEVEL           0x8000
%define MEMBER          0x04000000              ; this APIC, as a logical destination

main:
        call apic_find
        call apic_enable
        mov al, 0xFF
        out PORT_PIC1_DATA, al
        out PORT_PIC2_DATA, al
        WR LAPIC_DFR, 0xFFFFFFFF
        WR LAPIC_LDR, MEMBER
        mov ecx, ENTRY_LOW + 1
        mov eax, MEMBER
        call io_write
        mov eax, LOGICAL | 0x62
        call one
        NOTED "edge"
        mov dword [0x73 * 4], on_level
        mov eax, LEVEL | LOGICAL | 0x73
        call one
        NOTED "level"
        mov eax, LEVEL | LOGICAL | 0x73 ; again, if the first one has ended everywhere
        call one
        NOTED "level2"
        mov eax, LOGICAL | 0x62         ; and a lower one
        call one
        NOTED "lower"
        mov eax, 0x08000000             ; somebody else
        mov ecx, ENTRY_LOW + 1
        call io_write
        mov eax, LOGICAL | 0x62
        call one
        NOTED "other"
        END

; Programs the pin with EAX, and lets one interrupt come, or nothing for two ticks of the timer.
one:
        mov ecx, ENTRY_LOW
        call io_write
        mov esi, [noted]
        mov ecx, 4000000
        sti
.wait:
        cmp si, [noted]
        jne .come
        a32 loop .wait
.come:
        cli
        mov eax, LAPIC_LVT_MASKED
        mov ecx, ENTRY_LOW
io_write:                               ; ECX = index, EAX = value
        push ebx
        mov ebx, IOAPIC
        mov [fs:ebx], ecx
        mov [fs:ebx + 0x10], eax
        pop ebx
        ret

on_level:                               ; once is enough: masked before the EOI
        push eax
        push ecx
        mov ecx, ENTRY_LOW
        mov eax, LAPIC_LVT_MASKED | LEVEL | LOGICAL | 0x73
        call io_write
        mov al, 0x73
        call note
        pop ecx
        pop eax
        iret

%include "lib_end.inc"
