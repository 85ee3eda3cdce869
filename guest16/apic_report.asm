; apic_report.asm: what the demos of the APIC report: the mode, and exits by reason.
;
; hv16 tells its counters one by one. On the bare machine there are none, and all counts are 0.

section .bss
                alignb 4
count_before:   resd EXIT_REASON_MAX
count_exits:    resd EXIT_REASON_MAX            ; between count_begin and count_end, by reason
count_total:    resd 1                          ; all of them

section .text

; Prints the mode's name, as the option apic= spells it, or "native".
say_apic_mode:
        push si
        movzx si, byte [apic_mode]
        cmp si, APIC_POSTED
        jbe .known
        mov si, APIC_POSTED + 1
.known:
        add si, si
        mov si, [apic_mode_names + si]
        call say_text
        pop si
        ret

apic_mode_names: dw .off, .mmio, .tpr_ro, .tpr, .apicv, .x2apic, .posted, .native
.off:           db "off", 0
.mmio:          db "mmio", 0
.tpr_ro:        db "tpr-ro", 0
.tpr:           db "tpr", 0
.apicv:         db "apicv", 0
.x2apic:        db "x2apic", 0
.posted:        db "posted", 0
.native:        db "native", 0

; --- Counting exits --------------------------------------------------------------------------

count_begin:
        pushad
        mov di, count_before
        call count_read
        popad
        ret

; Fills count_exits and count_total. VMCALLs are left out: asking is one.
count_end:
        pushad
        mov di, count_exits
        call count_read
        mov si, count_before
        mov di, count_exits
        call count_subtract
        popad
        ret

; Fills count_exits and count_total with what lies between two readings, at SI and at DI. Changes EAX
; and BX.
count_subtract:
        mov dword [count_total], 0
        xor bx, bx
.next:
        mov eax, [di + bx]
        sub eax, [si + bx]
        cmp bx, 4 * EXIT_REASON_VMCALL
        jne .keep
        xor eax, eax
.keep:
        mov [count_exits + bx], eax
        add [count_total], eax
        add bx, 4
        cmp bx, 4 * EXIT_REASON_MAX
        jb .next
        ret

count_read:                     ; all counters to [DI]
        xor ecx, ecx
.next:
        xor eax, eax
        cmp byte [hv_present], 0
        je .store
        push ecx
        mov ebx, HYPERCALL_EXITS
        call hypercall
        pop ecx
.store:
        stosd
        inc cx
        cmp cx, EXIT_REASON_MAX
        jb .next
        ret

; Prints " REASON COUNT" for each reason that occurred; " none" if none did.
count_say:
        pushad
        cmp dword [count_total], 0
        jne .some
        SAY ` none`
.some:
        xor ecx, ecx
.next:
        mov edx, [count_exits + ecx * 4]
        test edx, edx
        jz .skip
        SAY ` `
        mov eax, ecx
        call say_decimal
        SAY ` `
        mov eax, edx
        call say_decimal
.skip:
        inc cx
        cmp cx, EXIT_REASON_MAX
        jb .next
        popad
        ret

; Prints EAX hundredths as a number with two decimals.
say_hundredths:
        pushad
        xor edx, edx
        mov ebx, 100
        div ebx
        call say_decimal
        SAY `.`
        mov eax, edx
        cmp al, 10
        jae .two
        SAY `0`
.two:
        call say_decimal
        popad
        ret
