; halted.asm: what wakes the second processor from HLT: with interrupts off a fixed interrupt must
; not, and an NMI must; with interrupts on each fixed interrupt must. Needs a processor with APIC ID 1.
%include "lib.inc"
%include "apic.inc"
%include "smp.inc"

%define ROUNDS          100

; START LABEL: INIT and SIPI, and the processor goes there.
%macro START 1
        mov word [there], %1
        mov dword [halts], 0
        mov dword [fixed], 0
        call ap_init_sipi
        call pause
%endmacro

main:
        cli
        call apic_find
        call apic_enable
        mov dword [0x02 * 4], on_nmi
        mov dword [0x51 * 4], on_fixed
        SIPI_TO AP_PAGE, ap_start

        START sleep_off
        call interrupts
        SHOW "off_halts", [halts]
        SHOW "off_fixed", [fixed]
        SEND ICR_NMI
        SHOW "nmi_halts", [halts]
        call interrupts
        SHOW "nmi_fixed_halts", [halts]
        START sleep_on
        call interrupts
        SHOW "on_halts", [halts]
        SHOW "on_fixed", [fixed]
        SEND ICR_INIT
        END

interrupts:
        mov ebp, ROUNDS
.next:
        SEND ICR_FIXED | 0x51
        dec ebp
        jnz .next
        ret

on_fixed:
        push eax
        push ebx
        inc dword [cs:fixed]
        mov ebx, [cs:apic]
        xor eax, eax
        mov [fs:ebx + LAPIC_EOI], eax
        pop ebx
        pop eax
        iret
on_nmi:
        iret

; --- The other processor. CS is 0 ------------------------------------------------------------------

ap_start:
        AP_ENTER
        WR LAPIC_SVR, LAPIC_SVR_ENABLE | 0xFF
        jmp [there]
sleep_off:
        inc dword [halts]
        cli
        hlt
        jmp sleep_off
sleep_on:
        inc dword [halts]
        sti
        hlt
        jmp sleep_on

align 4
there:          dd 0
halts:          dd 0
fixed:          dd 0

%include "lib_end.inc"
