; irql.asm: interrupt handlers that watch over the task priority, and the guest's own blue screen.
;
; As Windows does at its IRQL: each handler compares its class (vector bits 7:4) with the task
; priority that it interrupted. If its class is not above that, the interrupt must not have come.
; And whoever waits for an interrupt in vain calls it lost. Both end in white on blue.

section .bss
                alignb 4
irql_arrived:   resb 8          ; the vectors of this round, in the order of their arrival
irql_delivered: resd 1          ; all of them
irql_stack:     resw 1          ; SP to go back to after a blue screen
irql_count:     resb 1          ; of this round
irql_vector:    resb 1          ; what the blue screen is about
irql_tpr:       resb 1
irql_over:      resb 1          ; 1: after a blue screen, handlers only end their interrupts

section .text

irql_expected:  db 0x71, 0x61, 0x51, 0x41       ; see tpr_send

irql_vectors:   dw 0x41, irql_41, 0             ; for apic_hook
                dw 0x51, irql_51, 0
                dw 0x61, irql_61, 0
                dw 0x71, irql_71, 0
                dw SVR_VECTOR, apic_spurious, 0
                dw 0

irql_begin:
        mov byte [irql_over], 0
        mov byte [irql_count], 0
        mov dword [irql_delivered], 0
        mov si, irql_vectors
        jmp apic_hook

irql_end:
        call bigreal_enter      ; a BIOS call may have put the limits back
        call irql_drain
        mov si, irql_vectors
        jmp apic_hook

; From now on, handlers only end their interrupts. What is still pending gets its chance: nothing
; holds it back, and a write of SVR makes whoever virtualizes the APIC look again.
irql_drain:
        mov byte [irql_over], 1
        call apic_switch_on
        sti
        mov cx, 1000
.wait:
        loop .wait
        ret

; --- The handlers -------------------------------------------------------------------------------

irql_41:
        push eax
        mov al, 0x41
        jmp irql_enter
irql_51:
        push eax
        mov al, 0x51
        jmp irql_enter
irql_61:
        push eax
        mov al, 0x61
        jmp irql_enter
irql_71:
        push eax
        mov al, 0x71
irql_enter:                     ; AL = vector; EAX of the interrupted code is on the stack
        push ebx
        cmp byte [irql_over], 0
        jne .end
        mov [irql_vector], al
        mov bx, LAPIC_TPR
        call apic_read
        mov [irql_tpr], al
        mov ah, [irql_vector]
        and ax, 0xF0F0          ; the classes
        cmp ah, al
        jbe irql_violation
        movzx bx, byte [irql_count]
        and bx, 7               ; there are never so many, unless something is wrong
        mov al, [irql_vector]
        mov [irql_arrived + bx], al
        inc byte [irql_count]
        inc dword [irql_delivered]
.end:
        call apic_eoi
        pop ebx
        pop eax
        iret

; Waits until BL interrupts have come in this round. Meanwhile it does nothing that could make a
; VM exit: an exit would give the hypervisor a chance to notice what it missed.
irql_await:
        push ecx
        mov ecx, APIC_PATIENCE
.next:
        cmp [irql_count], bl
        jae .come
        a32 loop .next
        jmp irql_lost
.come:
        pop ecx
        ret

; --- White on blue ------------------------------------------------------------------------------
; None of these returns: they go back to the end of the demo. The line with the three stars also
; stands on COM1, for whoever looks for it there.

irql_violation:                 ; in a handler
        call apic_eoi           ; it is in service, right or wrong
        call irql_blue_begin
        SAY `IRQL_NOT_LESS_OR_EQUAL\n\nguest16: *** IRQL violation: vector `
        call irql_say_place
        SAY `\n\nAn interrupt came whose class is not above the task priority. The code that it\n`
        SAY `interrupted had raised TPR to be safe from it, and is not safe at all.\n`
        call note_failure
        db "IRQL violation", 0
        jmp irql_blue_end

irql_lost:
        call irql_which_lost
        call irql_blue_begin
        SAY `INTERRUPT_NEVER_CAME\n\nguest16: *** lost interrupt: vector `
        call irql_say_place
        SAY `\n\nIts class is above the task priority, and interrupts are on. A driver would\n`
        SAY `wait for its device for ever.\n`
        call note_failure
        db "lost interrupt", 0
        jmp irql_blue_end

irql_wrong_order:
        call irql_blue_begin
        SAY `INTERRUPTS_OUT_OF_ORDER\n\nguest16: *** wrong order: vectors`
        mov cx, 4
        mov si, irql_arrived
.next:
        SAY ` `
        lodsb
        call say_hex8
        SAY `h`
        loop .next
        SAY `, expected 71h 61h 51h 41h\n`
        call note_failure
        db "interrupts came in the wrong order", 0

irql_blue_end:
        SAY `\n`
        mov sp, [irql_stack]
        jmp tpr_shadow_end

; The first of the expected vectors that is not among those that have come, and the TPR of now.
; Reading it must wait until the loss is certain: it may be an exit.
irql_which_lost:
        mov si, irql_expected
.expected:
        lodsb
        mov di, irql_arrived
        movzx cx, byte [irql_count]
        jcxz .missing
        repne scasb
        je .expected
.missing:
        mov [irql_vector], al
        mov bx, LAPIC_TPR
        call apic_read
        mov [irql_tpr], al
        ret

irql_say_place:
        mov al, [irql_vector]
        call say_hex8
        SAY `h at TPR `
        mov al, [irql_tpr]
        call say_hex8
        SAY `h`
        ret

irql_blue_begin:
        call irql_drain         ; INT 10h lets interrupts in: none of ours must be left
        mov ax, 0x0600          ; clear rows 0 to 23, in white on blue
        mov bh, 0x1F
        xor cx, cx
        mov dx, (23 << 8) | 79
        int 0x10
        mov ah, 0x02            ; and to row 2
        xor bh, bh
        mov dx, 0x0200
        int 0x10
        SAY `\n`
        ret
