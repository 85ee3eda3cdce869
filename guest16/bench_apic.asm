; bench_apic.asm: the demo "bench-apic": ticks and VM exits of accesses to the local APIC.
;
; As in bench.asm, an operation is a pair of routines, with and without the access, and counts as
; the difference of the minima of 1000 calls. Each line is `bench-apic NAME TICKS EXITS-OF-1000`.

section .text

bench_apic_page:
        dw bench_apic_write, tpr_write_page, apic_page_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_read, tpr_read_page, apic_page_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_pair, tpr_both_page, apic_page_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_ipi, self_ipi_page, apic_page_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_eoi, eoi_page, apic_page_empty, BENCH_INTERRUPTS_OFF
bench_apic_page_end:
bench_apic_msr:
        dw bench_apic_write, tpr_write_msr, apic_msr_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_read, tpr_read_msr, apic_msr_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_pair, tpr_both_msr, apic_msr_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_ipi, self_ipi_msr, apic_msr_empty, BENCH_INTERRUPTS_OFF
        dw bench_apic_eoi, eoi_msr, apic_msr_empty, BENCH_INTERRUPTS_OFF
bench_apic_msr_end:

bench_apic_write:       db "tpr-write", 0
bench_apic_read:        db "tpr-read", 0
bench_apic_pair:        db "tpr-both", 0
bench_apic_ipi:         db "self-ipi", 0
bench_apic_eoi:         db "eoi-idle", 0        ; with nothing in service

; The bench's own handler for the vector that self_ipi_page sends: it keeps all registers.
bench_apic_vectors: dw LATENCY_VECTOR, bench_apic_handler, 0
                dw 0

bench_apic_handler:
        call apic_eoi
        iret

demo_bench_apic:
        call apic_begin
        jc .done
        call apic_enter_x2apic_if_meant
        SAY `bench-apic: mode `
        call say_apic_mode
        SAY `\n`
        mov bx, bench_apic_page
        mov bp, bench_apic_page_end
        cmp byte [apic_msr], 0
        je .next
        mov bx, bench_apic_msr
        mov bp, bench_apic_msr_end
.next:
        call bench_apic_line
        add bx, bench_size
        cmp bx, bp
        jb .next
        call bench_apic_interrupts
        call apic_end
.done:
        ret

; In: BX = an entry. Keeps BX and BP.
bench_apic_line:
        push bp
        SAY `bench-apic `
        mov si, [bx + bench.name]
        call say_text
        call bigreal_enter
        mov si, bench_apic_vectors
        call apic_hook
        call bench_measure
        SAY ` `
        call say_decimal
        call bigreal_enter
        push bx
        call count_begin
        mov ax, [bx + bench.with]
        call bench_minimum      ; once more, for the exits of 1000 calls
        call count_end
        pop bx
        mov si, bench_apic_vectors
        call apic_hook
        call bench_apic_say_exits
        pop bp
        ret

; Real interrupts, 1000 of them: from the request to the handler, and an EOI that ends something.
; The exits are those of the whole round: request, delivery, EOI.
bench_apic_interrupts:
        call count_begin
        call latency_measure
        call count_end
        SAY `bench-apic interrupt `
        mov eax, [latency_request]
        call say_decimal
        call bench_apic_say_exits
        SAY `bench-apic eoi `
        mov eax, [latency_eoi]
        call say_decimal
        SAY `\n`
        ret

bench_apic_say_exits:
        SAY ` `
        mov eax, [count_total]
        call say_decimal
        SAY `\n`
        ret

; --- The operations: by the page at ESI ----------------------------------------------------------

; hv16 takes longer to fetch an instruction within 16 bytes of the end of a page of 4 KiB. None of those
; that are measured lies there: they fit in 256 bytes.
        align 256
apic_page_empty:
        mov esi, [apic_page]
        mov eax, 0x50
        ret
tpr_write_page:
        mov esi, [apic_page]
        mov eax, 0x50
        mov [fs:esi + LAPIC_TPR], eax
        ret
tpr_read_page:
        mov esi, [apic_page]
        mov eax, 0x50
        mov ebx, [fs:esi + LAPIC_TPR]
        ret
tpr_both_page:
        mov esi, [apic_page]
        mov eax, 0x50
        mov [fs:esi + LAPIC_TPR], eax
        mov ebx, [fs:esi + LAPIC_TPR]
        ret
self_ipi_page:
        mov esi, [apic_page]
        mov eax, ICR_SELF | LATENCY_VECTOR
        mov [fs:esi + LAPIC_ICR], eax
        ret
eoi_page:
        mov esi, [apic_page]
        mov eax, 0
        mov [fs:esi + LAPIC_EOI], eax
        ret

; --- By MSR -----------------------------------------------------------------------------------

%macro MSR_OPERAND 2            ; register, value
        mov ecx, MSR_X2APIC_FIRST + %1 / 16
        mov eax, %2
        xor edx, edx
%endmacro

apic_msr_empty:
        MSR_OPERAND LAPIC_TPR, 0x50
        ret
tpr_write_msr:
        MSR_OPERAND LAPIC_TPR, 0x50
        wrmsr
        ret
tpr_read_msr:
        MSR_OPERAND LAPIC_TPR, 0x50
        rdmsr
        ret
tpr_both_msr:
        MSR_OPERAND LAPIC_TPR, 0x50
        wrmsr
        rdmsr
        ret
self_ipi_msr:
        MSR_OPERAND LAPIC_SELF_IPI, LATENCY_VECTOR
        wrmsr
        ret
eoi_msr:
        MSR_OPERAND LAPIC_EOI, 0
        wrmsr
        ret
