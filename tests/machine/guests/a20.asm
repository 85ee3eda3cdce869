; a20.asm: closes the A20 gate, by port 92h and by the BIOS, and then causes exits of every kind.
; hv16 lives in an even MiB, where address bit 20 is 0 anyway.
%include "lib.inc"

%define PROBE           0x1600          ; and the same 1 MiB higher

main:
        call faults_catch
        SHOW "open_at_start", 0
        call show_gate
        in al, PORT_SYSTEM_A
        and al, ~3
        out PORT_SYSTEM_A, al
        call closed
        in al, PORT_SYSTEM_A
        or al, 2
        and al, ~1
        out PORT_SYSTEM_A, al
        call show_gate

        mov ax, 0x2400                  ; the BIOS closes it
        int 0x15
        call closed
        mov ax, 0x2401
        int 0x15
        call show_gate
        END

; What is to go on working: printed, so that it can be compared.
closed:
        call show_gate
        xor eax, eax
        cpuid
        SHOW "vendor", ebx
        TRY vmcall
        SHOW "vmcall", [fault]
        mov ecx, 0x480
        TRY rdmsr
        SHOW "rdmsr", [fault]
        mov eax, cr0
        xor al, 0x20
        mov cr0, eax
        mov ebx, cr0
        xor ebx, eax
        SHOW "cr0", ebx
        xor al, 0x20
        mov cr0, eax
        mov di, 200
.more:
        xor eax, eax
        cpuid
        in al, PORT_KBD_COMMAND
        dec di
        jnz .more
        mov ah, 0x03                    ; and the BIOS
        xor bh, bh
        int 0x10
        SHOW "still_closed", 0
        jmp show_gate

; Prints 1 if 1 MiB + PROBE is not the same memory as PROBE.
show_gate:
        push es
        push 0xFFFF
        pop es
        mov dword [PROBE], 0x600DF00D
        mov dword [es:PROBE + 16], 0x0BADBAD0
        mov eax, [PROBE]
        cmp eax, 0x600DF00D
        sete al
        movzx eax, al
        pop es
        SHOW "gate", eax
        ret
%include "lib_end.inc"
