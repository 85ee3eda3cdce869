; apic_latency.asm: how long an interrupt takes from its request to its handler, and its EOI.

%define LATENCY_VECTOR  0x81
%define LATENCY_ROUNDS  1000
; Ticks of the instructions between two RDTSCs beside the one to be measured, the first RDTSC
; included: an instruction is a tick in Bochs, and next to nothing on a real processor.
%define LATENCY_TAKE_OFF_PAGE   2
%define LATENCY_TAKE_OFF_MSR    4

section .bss
                alignb 4
latency_request: resd 1         ; the least of all rounds, in ticks
latency_eoi:    resd 1
latency_left:   resw 1
latency_come:   resb 1

section .text

latency_vectors: dw LATENCY_VECTOR, latency_handler, 0
                dw 0

; Sends itself interrupts, one at a time, and fills latency_request and latency_eoi. The APIC is
; apic_begin's, interrupts are on.
latency_measure:
        call bigreal_enter
        mov si, latency_vectors
        call apic_hook
        mov dword [latency_request], -1
        mov dword [latency_eoi], -1
        mov word [latency_left], LATENCY_ROUNDS
.next:
        mov byte [latency_come], 0
        call latency_send
        mov ecx, APIC_PATIENCE
.wait:
        cmp byte [latency_come], 0
        jne .come
        a32 loop .wait
        call note_failure
        db "an interrupt never came", 0
        jmp .end
.come:
        dec word [latency_left]
        jnz .next
        mov eax, LATENCY_TAKE_OFF_PAGE
        cmp byte [apic_msr], 0
        je .page
        mov eax, LATENCY_TAKE_OFF_MSR
.page:
        sub [latency_request], eax
        sub [latency_eoi], eax
.end:
        mov si, latency_vectors
        jmp apic_hook

; RDTSC, and at once the request. EDI = the time; other registers are lost.
latency_send:
        cmp byte [apic_msr], 0
        jne .msr
        mov esi, [apic_page]
        mov ebx, ICR_SELF | LATENCY_VECTOR
        rdtsc
        mov edi, eax
        mov [fs:esi + LAPIC_ICR], ebx
        ret
.msr:
        mov ecx, MSR_X2APIC_FIRST + LAPIC_SELF_IPI / 16
        rdtsc
        mov edi, eax
        mov eax, LATENCY_VECTOR
        xor edx, edx
        wrmsr
        ret

; Takes the time first, so it cannot save EAX and EDX: latency_measure, which it interrupts, needs
; ECX alone. EDI = time of the request.
latency_handler:
        rdtsc
        sub eax, edi
        cmp eax, [latency_request]
        jae .not_less
        mov [latency_request], eax
.not_less:
        push ecx
        mov esi, [apic_page]
        mov ecx, MSR_X2APIC_FIRST + LAPIC_EOI / 16
        xor ebx, ebx
        cmp byte [apic_msr], 0
        jne .msr
        rdtsc
        mov edi, eax
        mov [fs:esi + LAPIC_EOI], ebx
        rdtsc
        jmp .ended
.msr:
        rdtsc
        mov edi, eax
        mov eax, ebx
        xor edx, edx
        wrmsr
        rdtsc
.ended:
        sub eax, edi
        cmp eax, [latency_eoi]
        jae .eoi_not_less
        mov [latency_eoi], eax
.eoi_not_less:
        pop ecx
        inc byte [latency_come]
        iret
