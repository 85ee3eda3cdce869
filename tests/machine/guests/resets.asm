; resets.asm: resets the machine in the way that -DWAY=... says, counting its own starts.
; The count is in CMOS, which outlives a reset of the guest and one of the machine.
;   -DKEYBOARD_AFTERWARDS: when started again, enables the keyboard
;   -DSMASH: before that, overwrites the first 2 KiB above what INT 12h says is base memory
;   -DPENDING: before that, sends the keyboard controller D1h and not the byte that belongs to it
;   -DON_SECOND: the processor with APIC ID 1 does it, while this one spins
;   -DBOOTS=N: ends when it starts for the Nth time (0: never).
%include "lib.inc"
%ifdef ON_SECOND
%include "apic.inc"
%include "smp.inc"
%endif

%define COUNT           0x7E            ; a CMOS register that no BIOS uses
%define KEYBOARD        1               ; FEh to port 64h
%define OUTPUT_PORT     2               ; D1h to port 64h, FEh to port 60h
%define PORT92          3
%define CF9             4
%define TRIPLE          5
%define CF9_WORD        6               ; a word to CF8h covers CF9h
%define JUMP            7               ; to the reset vector
%define INT19           8
%define JUMP_F000       9               ; to the same place by its other name

main:
        mov al, COUNT
        out PORT_CMOS_INDEX, al
        in al, PORT_CMOS_DATA
        inc al
        mov ah, al
        mov al, COUNT
        out PORT_CMOS_INDEX, al
        mov al, ah
        out PORT_CMOS_DATA, al
        movzx eax, al
        SHOW "boots", eax
%ifdef KEYBOARD_AFTERWARDS               ; a byte for the keyboard: F4h, "enable"
        cmp al, 1
        je .first
        push ax
        mov al, 0xF4
        out PORT_KBD_DATA, al
        mov ecx, 100000
.answer: in al, PORT_KBD_COMMAND
        a32 loop .answer
        in al, PORT_KBD_DATA
        movzx eax, al
        SHOW "keyboard", eax
        pop ax
.first:
%endif
%if BOOTS
        cmp al, BOOTS
        jae .end
%endif
.drain:                                 ; what the UART still holds would be lost
        mov dx, COM1 + 5
        in al, dx
        test al, 0x40
        jz .drain
        cli
%ifdef ON_SECOND
        SIPI_TO AP_PAGE, .second
        call apic_find
        call apic_enable
        SEND ICR_STARTUP | AP_PAGE      ; it has waited since power-up, or since the reset
        jmp $
.second:
        AP_ENTER
%endif
%ifdef SMASH
        int 0x12
        shl ax, 6
        mov es, ax
        xor di, di
        mov cx, 2048
        mov al, 0xCC
        rep stosb
%endif
%ifdef PENDING
        mov al, 0xD1
        out PORT_KBD_COMMAND, al
%endif
%if WAY == KEYBOARD
        mov al, 0xFE
        out PORT_KBD_COMMAND, al
%elif WAY == OUTPUT_PORT
        mov al, 0xD1
        out PORT_KBD_COMMAND, al
        mov al, 0xFE
        out PORT_KBD_DATA, al
%elif WAY == PORT92
        in al, PORT_SYSTEM_A
        or al, 1
        out PORT_SYSTEM_A, al
%elif WAY == CF9
        mov dx, PORT_RESET_CONTROL
        mov al, 2
        out dx, al
        mov al, 6
        out dx, al
%elif WAY == CF9_WORD
        mov dx, PORT_PCI_ADDRESS
        mov ax, 0x0600
        out dx, ax
%elif WAY == JUMP
        jmp 0xFFFF:0
%elif WAY == JUMP_F000
        jmp 0xF000:0xFFF0
%elif WAY == INT19
        int 0x19
%elif WAY == TRIPLE
        lidt [no_idt]
        int3
%endif
        mov ecx, 200000
.wait:  in al, 0x61
        a32 loop .wait
        SAY "still here", 10
.end:
        END
no_idt: dw 0
        dd 0
%include "lib_end.inc"
