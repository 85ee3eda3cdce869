; start.asm: how does a boot sector find the machine?
%include "lib.inc"

main:
        SHOW "dl", [entry_dl]
        SHOW "cs", [entry_cs]
        SHOW "ip", [entry_ip]
        SHOW "sector2", [magic]
        movzx eax, byte [0x484]         ; rows of text less one, as the BIOS data area has it
        SHOW "rows", eax
        mov dl, 0x81                    ; does drive 81h exist, and what is on it?
        mov ax, 0x0201
        mov bx, 0x600
        mov cx, 1
        mov dh, 0
        int 0x13
        jc .one_drive
        SHOW "drive81", [0x600]
        jmp .write
.one_drive:
        SAY "drive81=none", 10
.write:
        mov ax, 0x0301                  ; write our second sector to our last one
        mov bx, 0x7E00
        mov cx, 20
        mov dx, 0x0080
        int 0x13
        mov al, ah
        movzx eax, al
        SHOW "write", eax
        END

magic:  dd 0x2EC70215
%include "lib_end.inc"
