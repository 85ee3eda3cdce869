; trap.asm: running one instruction that may fault, and living on.
;
; In real mode the processor calls the interrupt vector of an exception with the address of the
; instruction that failed, and no error code. #UD is vector 6, #GP vector 13. A BIOS does not
; expect them (13 is also IRQ 5), so TRY puts its own handlers there for that one instruction, with
; interrupts off. SDM volume 3, "Interrupt and Exception Handling" in the chapter "8086 Emulation"
; (3B 21.1.4).

section .bss
trap_vector:    resb 1          ; what the last TRY met: VECTOR_UD, VECTOR_GP, or 0 for nothing
trap_recover:   resw 1          ; where to go on after a fault
trap_flags:     resw 1
trap_saved_ud:  resd 1
trap_saved_gp:  resd 1

section .text

trap_begin:
        pushf
        pop word [trap_flags]
        cli
        push eax
        mov eax, [VECTOR_UD * 4]
        mov [trap_saved_ud], eax
        mov eax, [VECTOR_GP * 4]
        mov [trap_saved_gp], eax
        mov dword [VECTOR_UD * 4], trap_ud      ; segment 0 in the upper half
        mov dword [VECTOR_GP * 4], trap_gp
        mov byte [trap_vector], 0
        pop eax
        ret

trap_end:
        push eax
        mov eax, [trap_saved_ud]
        mov [VECTOR_UD * 4], eax
        mov eax, [trap_saved_gp]
        mov [VECTOR_GP * 4], eax
        pop eax
        push word [trap_flags]
        popf
        ret

trap_ud:
        mov byte [cs:trap_vector], VECTOR_UD
        jmp trap_return
trap_gp:
        mov byte [cs:trap_vector], VECTOR_GP
trap_return:                    ; instead of to the failed instruction, to the one after it
        push bp
        mov bp, sp
        push ax
        mov ax, [cs:trap_recover]
        mov [bp + 2], ax
        pop ax
        pop bp
        iret

; Prints what the last TRY met.
say_trap:
        cmp byte [trap_vector], VECTOR_UD
        je .ud
        cmp byte [trap_vector], VECTOR_GP
        je .gp
        SAY `no fault`
        ret
.ud:
        SAY `#UD`
        ret
.gp:
        SAY `#GP`
        ret
