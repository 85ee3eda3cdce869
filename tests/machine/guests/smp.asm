; smp.asm: two processors: INIT and SIPI in every state that a processor may be in, and interrupts and
; NMIs from one to the other. Needs a second processor with APIC ID 1.
%include "lib.inc"
%include "apic.inc"
%include "smp.inc"

%define AP_OTHER_PAGE   0x21            ; of another SIPI: 0x21000
%define ROUNDS          100

%define DO_SPIN         0               ; what the other processor does, interrupts off:
%define DO_HALT         1
%define DO_LISTEN       2               ; interrupts on
%define DO_SLEEP        3               ; interrupts on, HLT
%define DO_SEND         4               ; sends one, and spins

; START WHAT: INIT and twice SIPI, and waits until it says that it is there.
%macro START 1
        mov byte [what], %1
        call ap_init_sipi
        SEND ICR_STARTUP | AP_OTHER_PAGE        ; one too many, and elsewhere
        call pause
%endmacro

main:
        cli
        call apic_find
        call apic_enable
        mov dword [0x02 * 4], on_nmi
        mov dword [0x51 * 4], on_fixed
        SIPI_TO AP_PAGE, ap_start
        SIPI_TO AP_OTHER_PAGE, ap_elsewhere
        SHOW "before", [starts]

        SEND ICR_STARTUP | AP_PAGE              ; as the firmware leaves it: maybe it starts
%ifdef SIPI_ALONE
        call pause
        call show_state
        SHOW "alone", [starts]
        SEND ICR_NMI
        SHOW "alone_nmi", [nmis]
        START DO_SPIN                           ; and now INIT, while it runs
        SHOW "again", [starts]
        END
%endif
        mov dword [starts], 0
        mov dword [elsewhere], 0
        START DO_SPIN
        SHOW "first", [starts]
        SHOW "elsewhere", [elsewhere]
        call show_state
        call pause
        SEND ICR_STARTUP | AP_OTHER_PAGE        ; while it runs
        SHOW "running", [elsewhere]

        START DO_HALT                           ; INIT while it spins with interrupts off
        SHOW "spinning", [starts]
        START DO_HALT                           ; INIT while it halts with interrupts off
        SHOW "halted", [starts]
        SEND ICR_INIT                           ; and INIT while it waits for a SIPI
        START DO_LISTEN
        SHOW "waiting", [starts]

        SEND ICR_FIXED | 0x51
        SHOW "fixed", [fixed]
        SHOW "fixed_on", [fixed_on]
        SEND ICR_NMI
        SHOW "nmi", [nmis]
        WR LAPIC_ICR, LAPIC_ICR_OTHERS | ICR_FIXED | 0x51
        call pause
        SHOW "broadcast", [fixed]
        START DO_SLEEP
        SEND ICR_FIXED | 0x51
        SHOW "asleep", [fixed]
        SEND ICR_NMI
        SHOW "nmi2", [nmis]
        START DO_HALT
        SEND ICR_NMI
        SHOW "nmi3", [nmis]

        mov dword [fixed], 0
        START DO_SEND
        sti
        call pause
        cli
        SHOW "sent", [fixed]
        SHOW "sent_on", [fixed_on]

        mov dword [starts], 0
        mov dword [elsewhere], 0
        mov ebp, ROUNDS
.round:
        mov byte [what], DO_SPIN
        WR LAPIC_ICR_HIGH, 1 << 24
        WR LAPIC_ICR, ICR_INIT                  ; one right after the other
%ifdef PAUSES
        call pause
%endif
        WR LAPIC_ICR, ICR_STARTUP | AP_PAGE
        WR LAPIC_ICR, ICR_STARTUP | AP_OTHER_PAGE
        call pause
        dec ebp
        jnz .round
        SHOW "rounds", [starts]
        SHOW "rounds_elsewhere", [elsewhere]
        WR LAPIC_ICR, LAPIC_ICR_OTHERS | ICR_INIT ; all of them
        call pause
        WR LAPIC_ICR, LAPIC_ICR_OTHERS | ICR_STARTUP | AP_PAGE
        call pause
        SHOW "all", [starts]
        SHOW "nmi_end", [nmis]
        SEND ICR_INIT
        END

show_state:
        SHOW "edx", [ap_edx]
        SHOW "eax", [ap_eax]
        SHOW "esp", [ap_esp]
        SHOW "cr0", [ap_cr0]
        SHOW "flags", [ap_flags]
        SHOW "cs", [ap_cs]
        SHOW "dr6", [ap_dr6]
        SHOW "dr7", [ap_dr7]
        SHOW "apicid", [ap_id]
        SHOW "base", [ap_base]
        SHOW "svr", [ap_svr]
        SHOW16 "idt_limit", [ap_idtr]
        ret

on_fixed:
        push eax
        push ebx
        inc dword [cs:fixed]
        mov ebx, [cs:apic]
        mov eax, [fs:ebx + LAPIC_ID]
        mov [cs:fixed_on], eax
        xor eax, eax
        mov [fs:ebx + LAPIC_EOI], eax
        pop ebx
        pop eax
        iret
on_nmi:
        inc dword [cs:nmis]
        iret

; --- The other processor. CS is 0 ------------------------------------------------------------------

ap_elsewhere:
        inc dword [cs:elsewhere]
        cli
        hlt

ap_start:
        mov [cs:ap_eax], eax
        mov [cs:ap_edx], edx
        mov [cs:ap_esp], esp
        mov eax, cr0
        mov [cs:ap_cr0], eax
        mov eax, dr6
        mov [cs:ap_dr6], eax
        mov eax, dr7
        mov [cs:ap_dr7], eax
        mov eax, cs
        mov [cs:ap_cs], eax
        AP_ENTER
        pushfd
        pop dword [ap_flags]
        sidt [ap_idtr]
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        mov [ap_base], eax
        RD LAPIC_ID
        mov [ap_id], eax
        RD LAPIC_SVR
        mov [ap_svr], eax
        WR LAPIC_SVR, LAPIC_SVR_ENABLE | 0xFF
        lock inc dword [starts]
        mov al, [what]
        cmp al, DO_HALT
        je .halt
        cmp al, DO_LISTEN
        je .listen
        cmp al, DO_SLEEP
        je .sleep
        cmp al, DO_SEND
        je .send
.spin:
        jmp .spin
.halt:
        cli
        hlt
        jmp .halt
.listen:
        sti
        jmp .listen
.sleep:
        sti
        hlt
        jmp .sleep
.send:
        WR LAPIC_ICR_HIGH, 0
        WR LAPIC_ICR, ICR_FIXED | 0x51
        jmp .spin

align 4
what:           dd 0
starts:         dd 0
elsewhere:      dd 0
fixed:          dd 0
fixed_on:       dd 0
nmis:           dd 0
ap_eax:         dd 0
ap_edx:         dd 0
ap_esp:         dd 0
ap_cr0:         dd 0
ap_flags:       dd 0
ap_cs:          dd 0
ap_dr6:         dd 0
ap_dr7:         dd 0
ap_id:          dd 0
ap_base:        dd 0
ap_svr:         dd 0
ap_idtr:        dd 0, 0

%include "lib_end.inc"
