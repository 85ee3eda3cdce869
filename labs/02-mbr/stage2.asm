; stage2.asm: stands where stage2 is on the disk, and reports what the MBR hands over: registers, and
; a sum of each sector that should be in memory. It writes to the stack only, so that the sum of its
; own sector is that of the file.
;
; MAGIC: what it begins with. SHOWN: how many sectors it reports.

bits 16
org 0x8000

%define COM1 0x3F8

%macro SHOW 2                           ; name, what MOVZX EAX takes
        movzx eax, %2
        call say
        db NONCE, %1, "=", 0
        call say_hex
%endmacro

        dd MAGIC
entry:  times 3 nop                     ; operands, for whoever comes in at the magic
        mov bp, sp
        push ds
        push es
        push ss
        cld
        xor ax, ax
        mov ds, ax
        call com1_open
        SHOW "drive", dl
        SHOW "sp", bp
        pop si
        SHOW "ss", si
        pop si
        SHOW "es", si
        pop si
        SHOW "ds", si

        mov si, 0x8000
        xor di, di
.sector:
        xor ebx, ebx
        mov cx, 512 / 4
.next:  lodsd
        rol ebx, 1
        add ebx, eax
        loop .next
        movzx eax, di
        call say
        db NONCE, "sector", 0
        call say_hex_only
        mov eax, ebx
        call say
        db "=", 0
        call say_hex
        inc di
        cmp di, SHOWN
        jb .sector
        SHOW "done", di
.halt:  cli
        hlt
        jmp .halt

say:                                    ; the text follows the call
        push bp
        mov bp, sp
        xchg si, [bp + 2]
        push ax
.next:  cs lodsb
        test al, al
        jz .done
        call com1_write
        jmp .next
.done:  pop ax
        xchg si, [bp + 2]
        pop bp
        ret

say_hex:                                ; EAX, and the line's end
        call say_hex_only
        push ax
        mov al, 10
        call com1_write
        pop ax
        ret

say_hex_only:
        push cx
        mov cx, 8
.next:  rol eax, 4
        push ax
        and al, 15
        cmp al, 10
        sbb al, 0x69                    ; 0 to 9 and 10 to 15: with DAS it becomes the digit
        das
        or al, 0x20                     ; "A" to "a"; the digits have this bit
        call com1_write
        pop ax
        loop .next
        pop cx
        ret

com1_open:
        push dx
        mov dx, COM1 + 3
        mov al, 3                       ; 8 bits, no parity; the speed does not matter here
        out dx, al
        pop dx
        ret

com1_write:                             ; AL
        push dx
        push ax
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20                   ; transmitter holding register empty
        jz .wait
        pop ax
        mov dx, COM1
        out dx, al
        pop dx
        ret
