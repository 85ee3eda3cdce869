; nmi_sti.asm: one processor reads hidden memory right after STI, over and over, while another one sends
; it NMIs. What STI holds back, it holds back however the instruction after it is carried out.
%include "lib.inc"
%include "apic.inc"
%include "smp.inc"

%define HYPERCALL_BLOCK 3
%define NMIS            300

main:
        cli
        call apic_find
        mov dword [2 * 4], on_nmi
        mov eax, HYPERCALL_MAGIC
        mov ebx, HYPERCALL_BLOCK
        vmcall
        mov [block], eax
        SIPI_TO AP_PAGE, ap_start
        call ap_init_sipi
.start: cmp dword [rounds], 0
        je .start
        mov ebp, NMIS
.next:
        mov esi, [nmis]
        WR LAPIC_ICR_HIGH, 1 << 24
        WR LAPIC_ICR, ICR_NMI
.wait:  cmp esi, [nmis]
        je .wait
        mov ecx, ebp                    ; another pause each time
        a32 loop $
        dec ebp
        jnz .next
        SHOW "nmis", [nmis]
        SHOW "after_sti", [after_sti]
        END

on_nmi:                                 ; IP, CS and FLAGS are on the stack
        push bp
        mov bp, sp
        cmp word [bp + 2], ap_start.held
        pop bp
        jne .elsewhere
        inc dword [cs:after_sti]
.elsewhere:
        inc dword [cs:nmis]
        iret

ap_start:
        AP_ENTER
        mov ebx, [block]
.next:
        inc dword [rounds]
        sti
.held:  mov eax, [fs:ebx]
        cli
        jmp .next

align 4
block:          dd 0
rounds:         dd 0
nmis:           dd 0
after_sti:      dd 0
%include "lib_end.inc"
