; print.asm: how stage2 says what went wrong. BIOS teletype, real mode only.

bits 16

; SI = text. Prints it and halts: nothing after a failed step makes sense.
fail:
    call    print
    mov     si, fail_line_end
    call    print
.halt:
    xchg    bx, bx              ; stops in the Bochs debugger; nothing elsewhere
    cli
    hlt
    jmp     .halt

; SI = NUL-terminated text.
print:
    pusha
.next:
    lodsb
    test    al, al
    jz      .done
    mov     ah, 0x0E
    mov     bx, 7
    int     0x10
    jmp     .next
.done:
    popa
    ret

; EAX = number, printed in decimal.
print_decimal:
    pushad
    mov     ecx, 10
    xor     si, si              ; how many digits wait on the stack
.divide:
    xor     edx, edx
    div     ecx
    push    dx
    inc     si
    test    eax, eax
    jnz     .divide
.digit:
    pop     ax
    add     al, '0'
    mov     ah, 0x0E
    mov     bx, 7
    int     0x10
    dec     si
    jnz     .digit
    popad
    ret

fail_line_end: db 13, 10, 0
