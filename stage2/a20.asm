; a20.asm: opens the A20 gate, without which address bit 20 is always 0.
;
; Three ways exist and no machine promises any one of them, so each is tried and then tested,
; mildest first: the BIOS, port 92h ("fast A20"), the keyboard controller.

bits 16

a20_open:
    mov     byte [INFO(INFO_A20_METHOD)], 0
    call    a20_is_open
    jne     .done

    inc     byte [INFO(INFO_A20_METHOD)]
    mov     ax, 0x2401          ; INT 15h AX=2401h: enable the A20 gate
    int     0x15
    call    a20_is_open
    jne     .done

    inc     byte [INFO(INFO_A20_METHOD)]
    in      al, PORT_SYSTEM_A
    or      al, 2               ; bit 1: A20
    and     al, ~1              ; bit 0 would reset the machine
    out     PORT_SYSTEM_A, al
    call    a20_is_open
    jne     .done

    inc     byte [INFO(INFO_A20_METHOD)]
    call    a20_keyboard
    call    a20_is_open
    jne     .done
    mov     si, .text
    jmp     fail
.done:
    ret
.text: db "hv16: the A20 gate does not open (tried BIOS, port 92h, keyboard controller)", 0

; ZF clear: open. Writes at 0000:0500 and looks whether FFFF:0510, one MiB higher, follows: with
; the gate closed the two are the same byte.
a20_is_open:
    pusha
    push    es
    mov     ax, 0xFFFF
    mov     es, ax
    mov     cx, 100             ; a slow gate may need a moment
.again:
    mov     al, [es:0x510]      ; kept, and put back below
    mov     ah, al
    not     ah
    mov     [0x500], ah
    out     PORT_DELAY, al      ; (a short pause, and the write is on its way)
    cmp     al, [es:0x510]
    mov     [es:0x510], al
    je      .yes
    loop    .again
    cmp     ax, ax              ; ZF set: closed
    jmp     .return
.yes:
    or      cx, cx              ; ZF clear: open
.return:
    pop     es
    popa
    ret

; The output port of the keyboard controller: command D1h, then a byte with bit 1 set.
a20_keyboard:
    cli
    call    .wait
    mov     al, KBD_WRITE_OUTPUT
    out     PORT_KBD_COMMAND, al
    call    .wait
    mov     al, KBD_OUTPUT_CALM ; all bits on that a PC has on; bit 0 = 0 would reset it
    out     PORT_KBD_DATA, al
    call    .wait
    sti
    ret
.wait:                          ; until its input buffer (status bit 1) is empty, or for ever
    mov     cx, 0xFFFF          ; is long enough
.poll:
    in      al, PORT_KBD_COMMAND
    test    al, 2
    loopnz  .poll
    ret
