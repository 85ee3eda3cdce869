; spinlocks.asm: the demo "spinlocks": two nested spinlocks, a timer interrupt inside, and the deferred
; work that it asks for: which interrupt waits for what, step by step.
;
; Windows takes a spinlock by raising TPR to class 2, and its timer handler asks for a "deferred
; procedure call" by an interrupt of that class to itself: it must wait until the last lock is
; released. At each step the demo notes the classes in IRR and ISR, TPR and PPR, and what the
; hypervisor has arranged for: the TPR threshold.
; The rule: SDM volume 3, "Interrupt, Task, and Processor Priority" (3A 11.8.3).

%define SPIN_TIMER      0xD1            ; class 13
%define SPIN_DPC        0x21            ; class 2
%define SPIN_LOCKED     0x20            ; TPR
%define SPIN_ROWS_MAX   16

struc spin_row
.name:          resw 1
.irr:           resw 1                  ; a bit for each class
.isr:           resw 1
.tpr:           resb 1                  ; classes
.ppr:           resb 1
.threshold:     resd 1
.exits:         resd 1                  ; since the step before
endstruc

section .bss
                alignb 4
spin_rows:      resb spin_row_size * SPIN_ROWS_MAX
spin_next:      resw 1                  ; where the next row goes
spin_timer_done: resb 1
spin_dpc_done:  resb 1

section .text

%macro STEP 1                           ; notes the state now
        push %%name
        jmp %%over
%%name: db %1, 0
%%over: call spin_note
%endmacro

spin_vectors:   dw SPIN_TIMER, spin_timer, 0
                dw SPIN_DPC, spin_dpc, 0
                dw SVR_VECTOR, apic_spurious, 0
                dw 0

demo_spinlocks:
        call apic_begin
        jc .done
        call apic_enter_x2apic_if_meant
        mov si, spin_vectors
        call apic_hook
        mov word [spin_next], spin_rows
        mov byte [spin_timer_done], 0
        mov byte [spin_dpc_done], 0
        call bigreal_enter
        call spin_locks
        mov si, spin_vectors
        call apic_hook
        SAY `spinlocks: mode `
        call say_apic_mode
        SAY `\n`
        call spin_say_rows
        call apic_end
        cmp byte [spin_dpc_done], 1
        CHECK e, "the deferred procedure call never came"
.done:
        ret

; Interrupts are on, and the code between two steps is what their exits are of.
spin_locks:
        call count_begin
        STEP "initial"
        mov eax, SPIN_LOCKED
        call tpr_set
        STEP "take-lock-1"
        mov al, SPIN_TIMER              ; in here, the timer
        call apic_self_ipi
        mov bx, spin_timer_done
        call spin_await
        mov eax, SPIN_LOCKED
        call tpr_set
        STEP "take-lock-2"
        mov eax, SPIN_LOCKED
        call tpr_set
        STEP "release-lock-2"
        xor eax, eax
        call tpr_set                    ; now the deferred call may come
        mov bx, spin_dpc_done

spin_await:                             ; for the byte at BX, not for ever
        mov ecx, APIC_PATIENCE
.next:
        cmp byte [bx], 0
        jne .come
        a32 loop .next
.come:
        ret

spin_timer:
        pushad
        STEP "timer-comes"
        mov al, SPIN_DPC
        call apic_self_ipi
        STEP "timer-wants-dpc"
        call apic_eoi
        STEP "timer-eoi"
        inc byte [spin_timer_done]
        popad
        iret

spin_dpc:
        pushad
        STEP "dpc-comes"
        mov eax, SPIN_LOCKED
        call tpr_set
        STEP "dpc-raises-tpr"
        call apic_eoi
        STEP "dpc-eoi"
        xor eax, eax
        call tpr_set
        STEP "dpc-restores-tpr"
        inc byte [spin_dpc_done]
        popad
        iret

; --- Notes ------------------------------------------------------------------------------------

; Takes the name's address off the stack. Keeps all registers. What it does itself is not counted.
spin_note:
        pushad
        mov bp, sp
        call count_end
        mov di, [spin_next]
        mov ax, [bp + 32 + 2]
        mov [di + spin_row.name], ax
        mov eax, [count_total]
        mov [di + spin_row.exits], eax
        mov bx, LAPIC_IRR
        call spin_classes
        mov [di + spin_row.irr], dx
        mov bx, LAPIC_ISR
        call spin_classes
        mov [di + spin_row.isr], dx
        mov bx, LAPIC_TPR
        call apic_read
        shr al, 4
        mov [di + spin_row.tpr], al
        mov bx, LAPIC_PPR
        call apic_read
        shr al, 4
        mov [di + spin_row.ppr], al
        call spin_threshold
        mov [di + spin_row.threshold], eax
        add word [spin_next], spin_row_size
        call count_begin
        popad
        ret 2

; In: BX = LAPIC_IRR or LAPIC_ISR. Out: DX = the classes in it. Each register holds two of them.
spin_classes:
        mov cx, 8
        add bx, 7 * 0x10
.next:
        call apic_read
        cmp eax, 0x10000                ; carry: nothing in the upper class
        cmc
        rcl dx, 1
        neg ax                          ; carry: something in the lower class
        rcl dx, 1
        sub bx, 0x10
        loop .next
        ret

spin_threshold:
        xor edx, edx
        cmp byte [apic_mode], APIC_NATIVE
        je .none
        mov ebx, HYPERCALL_APIC_MODE
        call hypercall
.none:
        mov eax, edx
        ret

; One line for each: "spinlocks: NAME IRR-CLASSES ISR-CLASSES TPR PPR THRESHOLD EXITS", the first two
; in hex, a bit for each class.
spin_say_rows:
        mov di, spin_rows
.next:
        SAY `spinlocks: `
        mov si, [di + spin_row.name]
        call say_text
        SAY ` `
        mov ax, [di + spin_row.irr]
        call say_hex16
        SAY ` `
        mov ax, [di + spin_row.isr]
        call say_hex16
        movzx eax, byte [di + spin_row.tpr]
        call spin_say_number
        movzx eax, byte [di + spin_row.ppr]
        call spin_say_number
        mov eax, [di + spin_row.threshold]
        call spin_say_number
        mov eax, [di + spin_row.exits]
        call spin_say_number
        SAY `\n`
        add di, spin_row_size
        cmp di, [spin_next]
        jb .next
        ret

spin_say_number:
        SAY ` `
        jmp say_decimal
