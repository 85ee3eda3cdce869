; nmi_init.asm: INIT hits a processor inside its NMI handler. INIT ends the blocking of NMIs as it ends
; all else, so the next NMI must come at once, and one inside a handler waits for the IRET.
%include "lib.inc"
%include "apic.inc"
%include "smp.inc"

%define ROUNDS          3


main:
        cli
        call apic_find
        mov dword [2 * 4], on_nmi
        SIPI_TO AP_PAGE, ap_start
        mov ebp, ROUNDS
.round:
        call ap_init_sipi
        SHOW "starts", [starts]
        mov byte [stays], 1
        SEND ICR_NMI                    ; its handler does not return
        SHOW "nmis", [nmis]
        SEND ICR_NMI                    ; this one waits, and INIT forgets it
        SHOW "nmis", [nmis], "_waits"
        call ap_init_sipi
        mov byte [stays], 0
        SHOW "nmis", [nmis], "_after_init"
        SEND ICR_NMI
        SHOW "nmis", [nmis], "_again"
        SEND ICR_NMI
        SHOW "nmis", [nmis], "_and_again"
        dec ebp
        jnz .round
        END

on_nmi:
        lock inc dword [cs:nmis]
.stay:  cmp byte [cs:stays], 0
        jne .stay
        iret

ap_start:
        AP_ENTER
        lock inc dword [starts]
.spin:  jmp .spin

align 4
starts:         dd 0
nmis:           dd 0
stays:          dd 0
%include "lib_end.inc"
