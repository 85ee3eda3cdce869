; ipi.asm: the demo "ipi": interrupts from this processor to the second one, which is busy.
;
; The second one never halts and asks nobody while it waits. So each exit that it has there is the
; price of an interrupt that somebody else has sent. With posted interrupts there is none.
; SDM volume 3, "Posted-Interrupt Processing" (3C 30.6).

%define IPI_VECTOR      0x51
%define IPI_ROUNDS      1000

section .bss
                alignb 4
ipi_before:     resd EXIT_REASON_MAX    ; the second processor's exits by reason, when it is ready
ipi_after:      resd EXIT_REASON_MAX    ; and when all interrupts have come
ipi_came:       resd 1
ipi_ready:      resb 1
ipi_reported:   resb 1

section .text

demo_ipi:
        call apic_begin
        jc .done
        SAY `ipi: mode `
        call say_apic_mode
        SAY `\n`
        cmp byte [apic_msr], 0
        jne .x2apic
        mov si, ipi_vectors
        call apic_hook
        call ipi_start
        jc .unhook
        call ipi_send_all
        call ipi_report
.unhook:
        mov si, ipi_vectors
        call apic_hook
.end:
        call apic_end
.done:
        ret
.x2apic:
        call demo_skip
        db "the firmware has put the APIC into x2APIC mode", 0
        jmp .end

ipi_vectors:    dw IPI_VECTOR, ipi_handler, 0, SVR_VECTOR, apic_spurious, 0, 0

; Starts the second processor. Out: carry set and the demo marked as skipped if it does not come.
; With apic=off it takes no INIT on some emulators, and a SIPI works once: see smp_first.
ipi_start:
        mov dword [ipi_came], 0
        mov word [ipi_ready], 0         ; and ipi_reported
        mov bx, ipi_listen
        call smp_prepare
        cmp byte [apic_mode], APIC_OFF
        je .sipi
        mov eax, ICR_OTHERS | ICR_INIT
        call apic_write
        call smp_wait
.sipi:
        mov eax, ICR_OTHERS | ICR_STARTUP | SMP_STUB >> 12
        call apic_write
        mov si, ipi_ready
        call ipi_wait                   ; a second SIPI would be an exit there
        jnc .done
        call demo_skip
        db "no second processor has come (--cpus 2; with apic=off it comes once)", 0
        stc
.done:
        ret

; Waits for a byte at SI that is not 0. Out: carry set if it stays 0.
ipi_wait:
        mov cx, SMP_PATIENCE
.next:
        cmp byte [si], 0                ; clears carry, too
        jne .done
        call smp_wait
        loop .next
        stc
.done:
        ret

; One after the other: the next is sent when the last one has come.
ipi_send_all:
        call count_begin
        xor edx, edx
.next:
        mov bx, LAPIC_ICR
        mov eax, ICR_OTHERS | IPI_VECTOR
        call apic_write
        inc edx
        mov ecx, APIC_PATIENCE
.wait:
        cmp [ipi_came], edx
        a32 loopne .wait
        jne .lost
        cmp edx, IPI_ROUNDS
        jb .next
.lost:
        call count_end
        ret

ipi_report:
        SAY `ipi: delivered `
        mov eax, [ipi_came]
        call say_decimal
        cmp eax, IPI_ROUNDS
        CHECK e, "an interrupt has not come"
        SAY `ipi: sender-exits`
        call count_say
        SAY `\nipi: receiver-exits`
        mov si, ipi_reported
        call ipi_wait
        jc .silent
        mov si, ipi_before
        mov di, ipi_after
        call count_subtract
        call count_say
        SAY `\n`
        ret
.silent:
        SAY ` unknown\n`
        ret

; --- The second processor ------------------------------------------------------------------------

; smp_routine: the first to come stays here for ever, any further one goes to sleep.
ipi_listen:
        cmp di, smp_records
        jne .done
        call bigreal_enter
        call apic_switch_on
        mov di, ipi_before
        call count_read
        mov byte [ipi_ready], 1
        sti
.busy:
        cmp dword [ipi_came], IPI_ROUNDS
        jb .busy
        cli
        mov di, ipi_after
        call count_read
        mov byte [ipi_reported], 1
.halt:
        hlt
        jmp .halt
.done:
        ret

ipi_handler:
        inc dword [ipi_came]
        call apic_eoi
        iret
