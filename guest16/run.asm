; run.asm: which demos to run, what became of them, and how a run ends.
;
; The state of a run lies outside the image, in memory that booting again leaves alone, because
; the reset demo does just that: hv16 starts the guest again at its boot sector, and that loads all
; of guest16 anew from disk. A magic number and a sum tell a state that was left on purpose from
; what happens to lie in memory.

struc run
.magic:         resd 1          ; RUN_MAGIC only while a reset is being tried
.sum:           resw 1          ; makes the words of the state add up to 0
.plan:          resb 8          ; the letters of the demos still to run, ended by a NUL
.then_end:      resb 1          ; 1: end the run after the plan; 0: back to the menu
.touring:       resb 1
.done:          resb 1          ; demos that were run, and what became of them
.failed:        resb 1
.skipped:       resb 1
.attempt:       resb 1          ; the reset demo: which way is being tried
.vmcalls:       resd 1          ;   VMCALLs that hv16 had counted before it
.refused:       resb 1          ;   1: some way did not do what it should
                alignb 2
endstruc

%define RUN_MAGIC 0x31525447    ; "GTR1"

struc demo
.letter:        resw 1          ; the key that starts it
.name:          resw 1
.about:         resw 1          ; its line in the menu
.code:          resw 1          ; called; calls CHECK, demo_skip
endstruc

section .bss
demo_reason:    resw 1          ; text: why the running demo failed or was skipped; 0: it did not
demo_skipped:   resb 1

section .text

; The text of the reason stands after the call; see say for how that works.
check_failed:
        SAY `, WRONG\n`
note_failure:                   ; the same without a word on the screen
        push bp
        mov bp, sp
        push si
        push ax
        mov si, [bp + 2]        ; the return address is the text's
        cmp word [demo_reason], 0
        jne .skip_text
        mov [demo_reason], si
.skip_text:
        lodsb
        test al, al
        jnz .skip_text
        mov [bp + 2], si
        pop ax
        pop si
        pop bp
        ret

; Marks the demo as skipped; the reason stands after the call. The caller should then return.
demo_skip:
        mov byte [demo_skipped], 1
        jmp note_failure

; --- Running -------------------------------------------------------------------------------

run_tour:
        mov dword [RUN_STATE + run.plan], "bgch"
        mov dword [RUN_STATE + run.plan + 4], "er"
        mov byte [RUN_STATE + run.touring], 1
        jmp run_plan

; In: AL = the letter of one demo.
run_demo:
        movzx eax, al
        mov [RUN_STATE + run.plan], eax

; Runs what is left of the plan, then ends the run or returns to the menu.
run_plan:
        mov al, [RUN_STATE + run.plan]
        test al, al
        jz .finished
        mov si, RUN_STATE + run.plan + 1
        mov di, RUN_STATE + run.plan
        mov cx, 7
        rep movsb               ; the NUL moves up with the letters
        call demo_find
        jc run_plan
        SAY `\n  ---- `
        mov si, [bx + demo.name]
        call say_text
        SAY `: `
        mov si, [bx + demo.about]
        call say_text
        SAY ` ----\n`
        mov word [demo_reason], 0
        mov byte [demo_skipped], 0
        push bx
        call [bx + demo.code]
        pop bx
        call demo_verdict
        jmp run_plan
.finished:
        cmp byte [RUN_STATE + run.then_end], 0
        jne run_end
        cmp byte [RUN_STATE + run.touring], 0
        je .done
        mov byte [RUN_STATE + run.touring], 0
        call run_summary
.done:
        ret

; In: AL = a letter. Out: BX = its entry in the demo table; carry set if there is none.
demo_find:
        mov bx, demo_table
.next:
        cmp al, [bx + demo.letter]
        je .found
        add bx, demo_size
        cmp bx, demo_table_end
        jb .next
        stc
.found:
        ret

; The demo's last line. In: BX = its entry.
demo_verdict:
        SAY `guest16: demo `
        mov si, [bx + demo.name]
        call say_text
        inc byte [RUN_STATE + run.done]
        mov si, [demo_reason]
        test si, si
        jz .ok
        cmp byte [demo_skipped], 0
        jne .skipped
        inc byte [RUN_STATE + run.failed]
        SAY ` FAILED: `
        jmp .reason
.skipped:
        inc byte [RUN_STATE + run.skipped]
        SAY ` skipped: `
.reason:
        call say_text
        SAY `\n`
        ret
.ok:
        SAY ` ok\n`
        ret

run_summary:
        SAY `guest16: demos run: `
        movzx eax, byte [RUN_STATE + run.done]
        call say_decimal
        SAY `, failed: `
        mov al, [RUN_STATE + run.failed]
        call say_decimal
        SAY `, skipped: `
        mov al, [RUN_STATE + run.skipped]
        call say_decimal
        SAY `\n`
        ret

; Ends the run. Under hv16 it is told how many demos failed; on the bare machine Bochs can be
; stopped by XCHG BX,BX, which does nothing elsewhere.
run_end:
        call run_summary
        SAY `guest16: end\n`
        call com1_flush
        cmp byte [hv_present], 0
        je .native
        mov ebx, HYPERCALL_END
        movzx ecx, byte [RUN_STATE + run.failed]
        call hypercall
.native:
        xchg bx, bx
.halt:
        cli
        hlt
        jmp .halt

; --- Over a reset ---------------------------------------------------------------------------

; Makes the state valid, so that run_resume finds it. The reset demo calls this before each try.
run_seal:
        mov dword [RUN_STATE + run.magic], RUN_MAGIC
        mov word [RUN_STATE + run.sum], 0
        call run_sum
        neg ax
        mov [RUN_STATE + run.sum], ax
        ret

run_unseal:
        mov dword [RUN_STATE + run.magic], 0
        ret

; Out: AX = the sum of the words of the state.
run_sum:
        push si
        push cx
        push dx
        mov si, RUN_STATE
        mov cx, run_size / 2
        xor dx, dx
.next:
        lodsw
        add dx, ax
        loop .next
        mov ax, dx
        pop dx
        pop cx
        pop si
        ret

; If the last thing guest16 did was to reset the machine, goes on from there and does not return.
; Else starts with a clean state.
run_resume:
        cmp dword [RUN_STATE + run.magic], RUN_MAGIC
        jne .fresh
        call run_sum
        test ax, ax
        jnz .fresh
        call run_unseal
        call reset_resume
        mov bx, demo_reset_entry
        call demo_verdict
        call run_plan
        jmp menu
.fresh:
        mov di, RUN_STATE
        mov cx, run_size
        xor al, al
        rep stosb
        ret

; --- The demos ------------------------------------------------------------------------------

demo_table:
        dw "b", name_bios, about_bios, demo_bios
        dw "g", name_bigreal, about_bigreal, demo_bigreal
        dw "c", name_cpuid, about_cpuid, demo_cpuid
        dw "h", name_hidden, about_hidden, demo_hidden
        dw "e", name_exits, about_exits, demo_exits
demo_reset_entry:
        dw "r", name_reset, about_reset, demo_reset
        dw "n", name_bench, about_bench, demo_bench
        dw "s", name_tpr_shadow, about_tpr_shadow, demo_tpr_shadow
        dw "k", name_spinlocks, about_spinlocks, demo_spinlocks
        dw "a", name_three_addresses, about_three_addresses, demo_three_addresses
        dw "x", name_x2apic_id, about_x2apic_id, demo_x2apic_id
        dw "i", name_init_ipi, about_init_ipi, demo_init_ipi
        dw "o", name_ipi, about_ipi, demo_ipi
        dw "p", name_bench_apic, about_bench_apic, demo_bench_apic
demo_table_end:

name_bios:      db "bios", 0
name_bigreal:   db "bigreal", 0
name_cpuid:     db "cpuid", 0
name_hidden:    db "hidden", 0
name_exits:     db "exits", 0
name_reset:     db "reset", 0
name_bench:     db "bench", 0
name_tpr_shadow:        db "tpr-shadow", 0
name_spinlocks: db "spinlocks", 0
name_three_addresses:   db "three-addresses", 0
name_x2apic_id:         db "x2apic-id", 0
name_init_ipi:  db "init-ipi", 0
name_ipi:       db "ipi", 0
name_bench_apic:        db "bench-apic", 0
about_bios:     db "calls the BIOS: INT 10h, 13h, 15h, 16h, and its timer", 0
about_bigreal:  db "reaches memory above 1 MiB with 4 GiB segment limits", 0
about_cpuid:    db "asks the processor what it is", 0
about_hidden:   db "tries to read and write the hypervisor's memory", 0
about_exits:    db "provokes each kind of VM exit that real mode can", 0
about_reset:    db "tries to reset the machine, in four ways", 0
about_bench:    db "counts TSC ticks of some instructions and BIOS calls", 0
about_tpr_shadow:       db "raises and restores the task priority 10,000 times", 0
about_spinlocks: db "takes two locks, and watches what waits for what", 0
about_three_addresses:  db "asks who handles an access to the APIC, and where", 0
about_x2apic_id:        db "reads its APIC ID in x2APIC mode", 0
about_init_ipi: db "resets itself by INIT, and starts the other processor", 0
about_ipi:      db "sends interrupts to the second processor, which is busy", 0
about_bench_apic:       db "counts TSC ticks and exits of accesses to the APIC", 0
