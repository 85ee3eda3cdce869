; apic_base_smp.asm: two processors move their APICs one by one, and switch one off and on. Each has an
; IA32_APIC_BASE of its own.
%include "lib.inc"
%include "apic.inc"
%include "smp.inc"

%define ELSEWHERE       0xD0000000
%define ELSEWHERE2      0xD0001000
%define IN_MEMORY       0x00800000      ; where there is memory as well

; BOTH "name": ID and TPR of both APICs.
%macro BOTH 1
        call look
        SHOW %1, [seen_id], "_id"
        SHOW %1, [seen_tpr], "_tpr"
        THERE look
        SHOW %1, [seen_id], "_id2"
        SHOW %1, [seen_tpr], "_tpr2"
%endmacro

main:
        call apic_find
        mov dword [0x51 * 4], on_fixed
        SIPI_TO AP_PAGE, ap_start
        call ap_init_sipi
        SEND ICR_STARTUP | AP_PAGE
        THERE set_tpr
        call set_tpr
        BOTH "start"

        mov dword [wanted], ELSEWHERE   ; the first one moves, then the second one, to another place
        call move
        BOTH "first"
        call exchange
        SHOW "came", [came]
        mov dword [wanted], ELSEWHERE2
        THERE move
        BOTH "second"
        call exchange
        SHOW "came", [came], "_second"

        mov dword [wanted], ELSEWHERE   ; both at one place, and back
        THERE move
        BOTH "one"
        mov dword [wanted], APIC_BASE_DEFAULT
        call move
        BOTH "back"
        THERE move
        BOTH "back2"
        call exchange
        SHOW "came", [came], "_back"

        mov ebx, IN_MEMORY + LAPIC_TPR  ; the second one has memory where the first one has its APIC
        mov dword [fs:ebx], 0x12345678
        mov dword [wanted], IN_MEMORY
        call move
        BOTH "below"
        THERE peek
        SHOW "foreign", [seen_tpr]
        mov dword [wanted], APIC_BASE_DEFAULT
        call move
        call peek
        SHOW "memory", [seen_tpr]

        mov dword [wanted], ELSEWHERE
        call move
        THERE off                       ; at another place
        call look
        SHOW "off_id", [seen_id]
        SHOW "off_tpr", [seen_tpr]
        THERE on
        THERE set_tpr
        BOTH "on"                       ; here Bochs's own does not follow the SDM
        END

; --- What both can do -----------------------------------------------------------------------------

base:                                   ; EAX = IA32_APIC_BASE, EBX = where the APIC is
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        mov ebx, eax
        and ebx, 0xFFFFF000
        ret
look:
        call base
        mov eax, [fs:ebx + LAPIC_ID]
        mov [cs:seen_id], eax
        mov eax, [fs:ebx + LAPIC_TPR]
        mov [cs:seen_tpr], eax
        ret
peek:
        mov ebx, IN_MEMORY + LAPIC_TPR
        mov eax, [fs:ebx]
        mov [cs:seen_tpr], eax
        ret
set_tpr:                                ; 40h and 41h, and it is on
        call base
        mov dword [fs:ebx + LAPIC_SVR], LAPIC_SVR_ENABLE | 0xFF
        mov eax, [fs:ebx + LAPIC_ID]
        shr eax, 24
        or eax, 0x40
        mov [fs:ebx + LAPIC_TPR], eax
        ret
move:
        call base
        and eax, 0xFFF
        or eax, [cs:wanted]
        wrmsr
        ret
off:
        call base
        and eax, ~APIC_BASE_EN
        wrmsr
        ret
on:
        call base
        or eax, APIC_BASE_EN
        wrmsr
        ret
send:                                   ; vector 51h to the other one
        call base
        mov eax, [fs:ebx + LAPIC_ID]
        xor eax, 1 << 24
        mov [fs:ebx + LAPIC_ICR_HIGH], eax
        mov dword [fs:ebx + LAPIC_ICR], ICR_FIXED | 0x51
        ret
exchange:
        call send
        call pause
        THERE send
        jmp pause
on_fixed:                               ; 1 for the first processor, 10000h for the second one
        pushad
        call base
        mov dword [fs:ebx + LAPIC_EOI], 0
        mov eax, [fs:ebx + LAPIC_ID]
        shr eax, 24
        shl eax, 4
        mov cl, al
        mov eax, 1
        shl eax, cl
        lock add [cs:came], eax
        popad
        iret

; --- The second processor. CS is 0 ----------------------------------------------------------------

ap_start:
        AP_ENTER
        sti
        jmp ap_serve

align 4
wanted:         dd 0
seen_id:        dd 0
seen_tpr:       dd 0
came:           dd 0
%include "lib_end.inc"
