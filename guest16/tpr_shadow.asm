; tpr_shadow.asm: the demo "tpr-shadow": what raising and restoring the task priority costs, and
; whether interrupts keep to it.
;
; Windows XP on 32-bit processors writes TPR at each change of its IRQL, thousands of times a
; second. This demo does what such a system does: raise TPR, do something, restore it. First in
; peace, for the cost; then with interrupts to itself, above and below the priority.
; The rule: SDM volume 3, "Interrupt, Task, and Processor Priority" (3A 11.8.3).

%define TPR_PAIRS       10000
%define TPR_RAISED      0x60
%define TPR_IPI_EVERY   20              ; pairs; in each such pair four interrupts are sent

section .bss
                alignb 4
tpr_ticks:      resd 1
tpr_left:       resw 1
tpr_code:       resw 1

section .text

demo_tpr_shadow:
        call apic_begin
        jc tpr_shadow_end.done
        call apic_enter_x2apic_if_meant
        SAY `tpr-shadow: mode `
        call say_apic_mode
        SAY `\ntpr-shadow: access `
        mov si, tpr_word_page
        cmp byte [apic_msr], 0
        je .page
        mov si, tpr_word_msr
.page:
        call say_text
        SAY `\n`
        call tpr_cost
        call irql_begin
        mov [irql_stack], sp
        call tpr_interrupts
        call tpr_latency
tpr_shadow_end:                         ; a blue screen comes here too, with SP as it was above
        call irql_end
        call apic_end
.done:
        ret

tpr_word_page:  db "page", 0
tpr_word_msr:   db "msr", 0

; --- The cost ---------------------------------------------------------------------------------

; 10,000 pairs, each of which writes TPR twice and reads it back twice.
tpr_cost:
        mov ax, tpr_pair_page
        mov dx, tpr_pair_page_empty
        cmp byte [apic_msr], 0
        je .page
        mov ax, tpr_pair_msr
        mov dx, tpr_pair_msr_empty
.page:
        call count_begin
        call tpr_time
        call count_end
        push dword [tpr_ticks]
        mov ax, dx
        call tpr_time
        pop eax
        sub eax, [tpr_ticks]
        jae .positive
        xor eax, eax                    ; a real machine's noise
.positive:
        SAY `tpr-shadow: pairs `
        push eax
        mov eax, TPR_PAIRS
        call say_decimal
        pop eax
        SAY `\ntpr-shadow: ticks-per-op `
        xor edx, edx
        mov ebx, TPR_PAIRS * 4 / 100
        div ebx
        call say_hundredths
        SAY `\ntpr-shadow: tpr-exits`
        call count_say
        SAY `\n`
        ret

; In: AX = a routine. Out: tpr_ticks = what TPR_PAIRS calls of it take. Keeps DX.
tpr_time:
        push dx
        mov [tpr_code], ax
        mov word [tpr_left], TPR_PAIRS
        mov esi, [apic_page]
        call bigreal_enter
        rdtsc
        mov [tpr_ticks], eax
.next:
        call [tpr_code]
        dec word [tpr_left]
        jnz .next
        rdtsc
        sub eax, [tpr_ticks]
        mov [tpr_ticks], eax
        pop dx
        ret

; One pair, by the page at ESI and by MSR 808H, and the same without the accesses.
tpr_pair_page:
        mov eax, TPR_RAISED
        mov [fs:esi + LAPIC_TPR], eax
        mov ebx, [fs:esi + LAPIC_TPR]
        xor eax, eax
        mov [fs:esi + LAPIC_TPR], eax
        mov ebx, [fs:esi + LAPIC_TPR]
        ret
tpr_pair_page_empty:
        mov eax, TPR_RAISED
        xor eax, eax
        ret

tpr_pair_msr:
        mov ecx, MSR_X2APIC_FIRST + LAPIC_TPR / 16
        xor edx, edx
        mov eax, TPR_RAISED
        wrmsr
        rdmsr
        xor eax, eax
        wrmsr
        rdmsr
        ret
tpr_pair_msr_empty:
        mov ecx, MSR_X2APIC_FIRST + LAPIC_TPR / 16
        xor edx, edx
        mov eax, TPR_RAISED
        xor eax, eax
        ret

; --- With interrupts ----------------------------------------------------------------------------

tpr_interrupts:
        call bigreal_enter
        call count_begin
        mov word [tpr_left], TPR_PAIRS
.next:
        mov eax, TPR_RAISED
        call tpr_set
        call tpr_is
        jne .unread
        mov ax, [tpr_left]
        xor dx, dx
        mov cx, TPR_IPI_EVERY
        div cx
        test dx, dx
        jnz .restore
        call tpr_send
.restore:
        xor eax, eax
        call tpr_set
        test dx, dx
        jnz .quiet
        call tpr_receive
.quiet:
        xor eax, eax
        call tpr_is
        jne .unread
        dec word [tpr_left]
        jnz .next
        call count_end
        SAY `tpr-shadow: exits`
        call count_say
        SAY `\ntpr-shadow: delivered `
        mov eax, [irql_delivered]
        call say_decimal
        SAY `\ntpr-shadow: order ok\n`
        ret
.unread:
        call note_failure
        db "TPR does not read back as it was written", 0
        SAY `tpr-shadow: TPR does not read back as it was written, WRONG\n`
        ret

tpr_set:                        ; EAX: the new TPR. Keeps all registers
        push bx
        mov bx, LAPIC_TPR
        call apic_write
        pop bx
        ret

tpr_is:                         ; Out: ZF set if TPR is EAX. Keeps all registers
        push bx
        push ecx
        mov ecx, eax
        mov bx, LAPIC_TPR
        call apic_read
        cmp eax, ecx
        mov eax, ecx
        pop ecx
        pop bx
        ret

; Four interrupts while TPR is 60h: two of lower classes, the one of class 7, and one of TPR's own
; class. Only class 7 may come now.
tpr_send:
        mov byte [irql_count], 0
        mov al, 0x41
        call apic_self_ipi
        mov al, 0x51
        call apic_self_ipi
        mov al, 0x71
        call apic_self_ipi
        mov bl, 1
        call irql_await
        mov al, 0x61
        jmp apic_self_ipi

; TPR is 0 again: the other three must come by themselves, the highest first.
tpr_receive:
        mov bl, 4
        call irql_await
        mov eax, [irql_arrived]
        cmp eax, [irql_expected]
        jne irql_wrong_order
        ret

tpr_latency:
        call latency_measure
        SAY `tpr-shadow: latency `
        mov eax, [latency_request]
        call say_decimal
        SAY `\n`
        ret
