; console.asm: characters, texts and numbers, to the screen (INT 10h teletype) and to COM1.
;
; Every routine here keeps all registers, and SAY keeps the flags too, so that a line can be
; printed between a comparison and its CHECK.

%define COM1_DATA       (PORT_COM1 + 0)
%define COM1_IER        (PORT_COM1 + 1)
%define COM1_FCR        (PORT_COM1 + 2)
%define COM1_LCR        (PORT_COM1 + 3)
%define COM1_MCR        (PORT_COM1 + 4)
%define COM1_LSR        (PORT_COM1 + 5)
%define LSR_DATA_READY  0x01
%define LSR_THR_EMPTY   0x20
%define LSR_IDLE        0x40    ; TEMT: the shift register is empty too

section .bss
com1_present:   resb 1
console_column: resb 1          ; where the next character goes, for say_column

section .text

; The return address is the text's; the NUL's successor is where to go on.
say:
        pushf
        push bp
        mov bp, sp
        push si
        mov si, [bp + 4]        ; BP, flags, then the return address
        call say_next
        mov [bp + 4], si
        pop si
        pop bp
        popf
        ret

; Prints the text at SI, ended by a NUL.
say_text:
        push si
        call say_next
        pop si
        ret

say_next:                       ; the same, and leaves SI past the NUL
        push ax
        cld
.next:
        lodsb
        test al, al
        jz .done
        call say_char
        jmp .next
.done:
        pop ax
        ret

; Prints AL. A newline becomes CR LF.
say_char:
        pushad
        cmp al, 10
        jne .plain
        mov byte [console_column], 0
        mov al, 13
        call console_put
        mov al, 10
        jmp .put
.plain:
        inc byte [console_column]
.put:
        call console_put
        popad
        ret

console_put:
        push ax
        call com1_write
        pop ax
        mov ah, 0x0E
        mov bx, 7               ; page 0
        int 0x10                ; some BIOSes destroy BP when they scroll: say_char saves all
        ret

; Prints blanks up to column AL, at least one.
say_column:
        push ax
        mov ah, al
.next:
        mov al, " "
        call say_char
        cmp [console_column], ah
        jb .next
        pop ax
        ret

; --- Numbers -------------------------------------------------------------------------------

; EAX as eight, AX as four, AL as two hex digits.
say_hex32:
        pushad
        mov cl, 8
        jmp say_hex
say_hex16:
        pushad
        shl eax, 16
        mov cl, 4
        jmp say_hex
say_hex8:
        pushad
        shl eax, 24
        mov cl, 2
say_hex:                        ; CL digits from the top of EAX
        rol eax, 4
        push ax
        and al, 0x0F
        add al, "0"
        cmp al, "9"
        jbe .digit
        add al, "A" - "9" - 1
.digit:
        call say_char
        pop ax
        dec cl
        jnz say_hex
        popad
        ret

; EAX in decimal, without a sign.
say_decimal:
        pushad
        mov ebx, 10
        xor cx, cx
.divide:
        xor edx, edx
        div ebx
        push dx
        inc cx
        test eax, eax
        jnz .divide
.digit:
        pop ax
        add al, "0"
        call say_char
        loop .digit
        popad
        ret

; --- COM1: polled, no interrupts -------------------------------------------------------------

console_init:
        mov dx, COM1_IER
        xor al, al
        out dx, al
        mov dx, COM1_LCR
        mov al, 0x80            ; divisor latch
        out dx, al
        mov dx, COM1_DATA
        mov al, 1               ; 115200 baud
        out dx, al
        mov dx, COM1_IER
        xor al, al
        out dx, al
        mov dx, COM1_LCR
        mov al, 0x03            ; 8 bits, no parity, 1 stop bit
        out dx, al
        in al, dx
        cmp al, 0x03            ; where no UART is, ports read FFh
        sete [com1_present]
        mov dx, COM1_FCR
        mov al, 0x07            ; FIFOs on and empty
        out dx, al
        mov dx, COM1_MCR
        mov al, 0x03            ; DTR, RTS
        out dx, al
        ret

; Sends AL. Gives up waiting rather than hang on a UART that is broken.
com1_write:
        cmp byte [com1_present], 0
        je .done
        push ax
        mov ah, LSR_THR_EMPTY
        call com1_wait
        pop ax
        mov dx, COM1_DATA
        out dx, al
.done:
        ret

; Waits until everything has left the UART.
com1_flush:
        mov ah, LSR_IDLE
com1_wait:                      ; for a bit of the line status register, AH
        mov ecx, 1000000
        mov dx, COM1_LSR
.next:
        in al, dx
        test al, ah
        jnz .done
        a32 loop .next
.done:
        ret

; Out: carry set if nothing has arrived, else AL.
com1_read:
        cmp byte [com1_present], 0
        je .nothing
        mov dx, COM1_LSR
        in al, dx
        test al, LSR_DATA_READY
        jz .nothing
        mov dx, COM1_DATA
        in al, dx
        clc
        ret
.nothing:
        stc
        ret

; --- The screen -----------------------------------------------------------------------------

; Clears the text screen for the menu, the title bar's row in reverse. It sets a mode only if the
; screen is in none with 80 columns of text: that would clear the row which hv16 keeps for itself.
console_clear:
        mov ah, 0x0F
        int 0x10
        cmp al, 2               ; 80 columns, as used by some monochrome screens
        je .text
        cmp al, 3               ; 80 columns in colour
        je .text
        cmp al, 7               ; 80 columns on a monochrome adapter
        je .text
        mov ax, 3
        int 0x10
.text:
        mov ax, 0x0600          ; clear rows 0 to 23
        mov bh, 0x07
        xor cx, cx
        mov dx, (23 << 8) | 79
        int 0x10
        mov ax, 0x0600          ; row 0 again, in white on blue
        mov bh, 0x1F
        xor cx, cx
        mov dx, 79
        int 0x10
        mov ah, 0x02
        xor bh, bh
        xor dx, dx
        int 0x10
        ret
