; reset.asm: the demo "reset": four ways in which software resets a PC.
;
; On the bare machine each of them starts the BIOS, so the demo is for hv16 only: it must catch
; every one and start its guest again at the boot sector, without going down itself. That loads
; guest16 anew from disk; run.asm keeps the state over it and calls reset_resume.

%define RESET_POLLS     200000  ; of port 61h: long enough for any reset to happen
%define KBC_INPUT_FULL  0x02

%define RESET_WAYS      4

section .text

demo_reset:
        call hv_require
        jne .present
        ret
.present:
        SAY `  Each must make hv16 start this guest again at its boot sector:\n`
        mov byte [RUN_STATE + run.attempt], 0
        mov byte [RUN_STATE + run.refused], 0

; Tries what run.attempt says, and the ways after it, until one of them resets.
reset_try:
        movzx bx, byte [RUN_STATE + run.attempt]
        cmp bx, RESET_WAYS
        jae reset_finished
        shl bx, 2
        SAY `  `
        mov si, [reset_ways + bx]
        call say_text
        SAY `...\n`
        mov dword [reset_on_disk], 0
        push bx
        call reset_count_calls
        mov [RUN_STATE + run.vmcalls], eax
        call com1_flush         ; what is in the UART would be lost
        call run_seal
        pop bx
        cli
        call [reset_ways + bx + 2]
        mov ecx, RESET_POLLS
.wait:
        in al, 0x61
        a32 loop .wait
        sti
        call run_unseal
        SAY `    nothing happened, WRONG\n`
        mov byte [RUN_STATE + run.refused], 1
        inc byte [RUN_STATE + run.attempt]
        jmp reset_try

; Comes from run_resume after a restart: the way in run.attempt did reset.
reset_resume:
        cmp byte [hv_present], 0
        je .gone
        SAY `    started again, `
        cmp dword [reset_on_disk], "disk"
        jne .not_loaded
        SAY `guest16 loaded anew`
        call reset_count_calls
        cmp eax, [RUN_STATE + run.vmcalls]
        jbe .hv_restarted
        SAY `, hv16 still running, ok\n`
        jmp .next
.not_loaded:
        SAY `but guest16 was not loaded anew, WRONG\n`
        mov byte [RUN_STATE + run.refused], 1
        jmp .next
.hv_restarted:
        SAY `, but hv16 has started again too, WRONG\n`
        mov byte [RUN_STATE + run.refused], 1
.next:
        inc byte [RUN_STATE + run.attempt]
        jmp reset_try
.gone:
        SAY `    the machine itself was reset, and hv16 is gone`
        cmp byte [hv_present], 1
        CHECK e, "a reset got past hv16"
        ret

reset_finished:
        SAY `  All four ways were tried`
        cmp byte [RUN_STATE + run.refused], 0
        CHECK e, "not every way restarted the guest"
        ret

; Out: EAX = how many VMCALLs hv16 has counted. It would be small again if hv16 had been rebooted.
reset_count_calls:
        mov ebx, HYPERCALL_EXITS
        mov ecx, EXIT_REASON_VMCALL
        jmp hypercall

; Waits until the keyboard controller takes a command.
keyboard_wait:
        push ax
        push ecx
        mov ecx, RESET_POLLS
.next:
        in al, PORT_KBD_COMMAND
        test al, KBC_INPUT_FULL
        jz .done
        a32 loop .next
.done:
        pop ecx
        pop ax
        ret

; --- The ways -------------------------------------------------------------------------------

reset_ways:
        dw reset_name_keyboard, reset_keyboard
        dw reset_name_port92, reset_port92
        dw reset_name_cf9, reset_cf9
        dw reset_name_triple, reset_triple

reset_name_keyboard:    db "1. keyboard controller, FEh to port 64h", 0
reset_name_port92:      db "2. fast reset, bit 0 of port 92h", 0
reset_name_cf9:         db "3. chip set, 06h to port CF9h", 0
reset_name_triple:      db "4. triple fault, INT3 without an interrupt table", 0

reset_keyboard:
        call keyboard_wait
        mov al, KBD_RESET
        out PORT_KBD_COMMAND, al
        ret

reset_port92:                   ; the change from 0 to 1 counts
        in al, PORT_SYSTEM_A
        and al, ~SYSTEM_A_RESET
        out PORT_SYSTEM_A, al
        or al, SYSTEM_A_RESET
        out PORT_SYSTEM_A, al
        ret

reset_cf9:
        mov dx, PORT_RESET_CONTROL
        mov al, RESET_CONTROL_SYSTEM ; which reset, then the bit that starts it
        out dx, al
        mov al, RESET_CONTROL_SYSTEM | RESET_CONTROL_CPU
        out dx, al
        ret

reset_triple:                   ; INT3 is beyond the limit: #GP; so is #GP's vector: double
        lidt [.no_table]        ; fault; so is that one's
        int3
        ret
.no_table:
        dw 0
        dd 0

                align 4, db 0
reset_on_disk:  db "disk"       ; cleared in memory: only loading guest16 again brings it back
