; rom.asm: the BIOS's last page, F000:F000 to F000:FFFF, is a ROM: it reads as ever after writes.
; -DREFUSED: one by an instruction that hv16 does not emulate.
%include "lib.inc"

%define PLACE           0xF123

main:
        mov ax, 0xF000
        mov es, ax
%ifdef REFUSED
        fnstcw [es:PLACE]
%endif
        mov bx, [es:PLACE]
        mov ax, bx
        not ax
        mov [es:PLACE], ax
        xor bx, [es:PLACE]
        SHOW16 "mov", bx                ; what has changed
        mov bx, [es:PLACE]
        mov di, PLACE
        mov cx, 4
        mov al, 0x5A
        rep stosb
        SHOW16 "cx", cx
        SHOW16 "di", di
        xor bx, [es:PLACE]
        SHOW16 "stos", bx
        mov bx, [es:PLACE]
        mov si, bx
        add word [es:PLACE], 1
        xor bx, [es:PLACE]
        SHOW16 "add", bx
        mov ah, 0                       ; and it is executed: INT 1Ah is there
        int 0x1A
        SHOW "end", 1
        END
%include "lib_end.inc"
