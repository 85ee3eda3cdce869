; apic.asm: the local APIC as the demos need it: reaching it, owning it for a while, handlers.
;
; Its registers lie on the page at IA32_APIC_BASE, far above 1 MiB: FS with a limit of 4 GiB reaches
; them, always by aligned accesses of 32 bits. In x2APIC mode they are MSRs 800H + offset / 10H.
; SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)" (3A 11).

%define SVR_VECTOR              0xFF            ; of spurious interrupts

; What is written to ICR: fixed and edge, where it does not say something else.
%define ICR_SELF                (LAPIC_ICR_SELF | LAPIC_ICR_ASSERT)
%define ICR_OTHERS              (LAPIC_ICR_OTHERS | LAPIC_ICR_ASSERT)
%define ICR_INIT                (LAPIC_ICR_INIT | LAPIC_ICR_ASSERT)
%define ICR_STARTUP             (LAPIC_ICR_STARTUP | LAPIC_ICR_ASSERT)

%define APIC_KEPT               4               ; registers in apic_kept
%define APIC_PATIENCE           100000          ; rounds of a loop, until an interrupt is lost
%define APIC_NATIVE             0xFF            ; of apic_mode: hv16 is not there

section .bss
                alignb 4
apic_page:      resd 1          ; physical address of the registers
apic_saved:     resd APIC_KEPT  ; what apic_end puts back
apic_pic_masks: resw 1
apic_mode:      resb 1          ; enum apic_option, or APIC_NATIVE
apic_msr:       resb 1          ; 1: in x2APIC mode, registers are MSRs
apic_entered:   resb 1          ; 1: because of apic_enter_x2apic

section .text

; --- Owning the APIC --------------------------------------------------------------------------

; Learns where the APIC is, enters big real mode, switches the APIC on by its SVR, and shuts the
; 8259s up, so that nothing comes but what the demo sends. Out: carry set and the demo marked as
; skipped if there is no APIC to use. Whoever gets no carry must call apic_end.
apic_begin:
        call apic_ask_mode
        mov eax, [cpu_edx]
        and eax, CPUID_1_EDX_APIC | CPUID_1_EDX_MSR | CPUID_1_EDX_TSC
        cmp eax, CPUID_1_EDX_APIC | CPUID_1_EDX_MSR | CPUID_1_EDX_TSC
        jne .absent
        mov ecx, MSR_IA32_APIC_BASE
        TRY rdmsr
        cmp byte [trap_vector], 0
        jne .absent
        test eax, APIC_BASE_EN
        jz .off
        bt eax, 10              ; EXTD: the firmware may have chosen x2APIC mode
        setc [apic_msr]
        mov byte [apic_entered], 0
        and eax, 0xFFFFF000
        mov [apic_page], eax
        in al, PORT_PIC2_DATA
        mov ah, al
        in al, PORT_PIC1_DATA
        mov [apic_pic_masks], ax
        mov al, 0xFF
        out PORT_PIC1_DATA, al
        out PORT_PIC2_DATA, al
        call bigreal_enter
        call apic_save
        call apic_switch_on
        clc
        ret
.absent:
        call demo_skip
        db "this processor has no local APIC with an MSR for its base", 0
        stc
        ret
.off:
        call demo_skip
        db "the local APIC is switched off in IA32_APIC_BASE", 0
        stc
        ret

apic_end:
        call bigreal_enter      ; a BIOS call may have put the limits back
        call apic_leave_x2apic
        call apic_restore
        call bigreal_leave
        mov ax, [apic_pic_masks]
        out PORT_PIC1_DATA, al
        mov al, ah
        out PORT_PIC2_DATA, al
        ret

apic_ask_mode:
        mov byte [apic_mode], APIC_NATIVE
        cmp byte [hv_present], 0
        je .done
        mov ebx, HYPERCALL_APIC_MODE
        call hypercall
        mov [apic_mode], al
.done:
        ret

; The software-enable bit, and everything may come.
apic_switch_on:
        mov bx, LAPIC_SVR
        mov eax, LAPIC_SVR_ENABLE | SVR_VECTOR
        call apic_write
        mov bx, LAPIC_TPR
        xor eax, eax
        jmp apic_write

; The registers that the demos change, or that are lost on the way through x2APIC mode. The SVR
; comes first: as long as it says "off", the others' mask bits cannot be cleared.
apic_kept:      dw LAPIC_SVR, LAPIC_TPR, LAPIC_LVT_LINT0, LAPIC_LVT_LINT1
apic_kept_end:

apic_save:
        mov si, apic_kept
        mov di, apic_saved
.next:
        mov bx, [si]
        call apic_read
        mov [di], eax
        add si, 2
        add di, 4
        cmp si, apic_kept_end
        jb .next
        ret

apic_restore:
        mov si, apic_kept
        mov di, apic_saved
.next:
        mov bx, [si]
        mov eax, [di]
        call apic_write
        add si, 2
        add di, 4
        cmp si, apic_kept_end
        jb .next
        ret

; --- x2APIC mode ------------------------------------------------------------------------------

; SDM, "x2APIC State Transitions" (3A 11.12.5): in by setting EXTD; out only by switching the APIC
; off and on again, which resets it. apic_page stays valid for the way back.
apic_enter_x2apic:
        cmp byte [apic_msr], 0
        jne .done
        call apic_set_extd
        mov byte [apic_msr], 1
        mov byte [apic_entered], 1
.done:
        jmp apic_switch_on

apic_leave_x2apic:
        cmp byte [apic_entered], 0
        je .done
        call apic_clear_extd
        mov byte [apic_msr], 0
        mov byte [apic_entered], 0
        jmp apic_switch_on
.done:
        ret

; The two transitions alone, for any processor: they keep nothing in memory.
apic_set_extd:
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        or eax, APIC_BASE_EXTD
        wrmsr
        ret
apic_clear_extd:
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        and eax, ~(APIC_BASE_EXTD | APIC_BASE_EN)
        wrmsr
        or eax, APIC_BASE_EN
        wrmsr
        ret

; Enters x2APIC mode if hv16 runs in a mode that is about it.
apic_enter_x2apic_if_meant:
        cmp byte [apic_mode], APIC_NATIVE
        je .done
        cmp byte [apic_mode], APIC_X2APIC
        jb .done
        test dword [cpu_ecx], CPUID_1_ECX_X2APIC
        jnz apic_enter_x2apic
.done:
        ret

; --- Registers --------------------------------------------------------------------------------

; In: BX = a register's offset. Out: EAX. Keeps all other registers.
apic_read:
        push ecx
        movzx ecx, bx
        cmp byte [apic_msr], 0
        jne .msr
        add ecx, [apic_page]
        mov eax, [fs:ecx]
        pop ecx
        ret
.msr:
        push edx
        shr ecx, 4
        add ecx, MSR_X2APIC_FIRST
        rdmsr
        pop edx
        pop ecx
        ret

; In: BX = a register's offset, EAX = its new value. Keeps all registers.
apic_write:
        push ecx
        movzx ecx, bx
        cmp byte [apic_msr], 0
        jne .msr
        add ecx, [apic_page]
        mov [fs:ecx], eax
        pop ecx
        ret
.msr:
        push edx
        shr ecx, 4
        add ecx, MSR_X2APIC_FIRST
        xor edx, edx
        wrmsr
        pop edx
        pop ecx
        ret

; Sends an interrupt to this processor. In: AL = vector. Keeps all registers.
apic_self_ipi:
        push eax
        push bx
        movzx eax, al
        mov bx, LAPIC_SELF_IPI
        cmp byte [apic_msr], 0
        jne .send
        or eax, ICR_SELF
        mov bx, LAPIC_ICR
.send:
        call apic_write
        pop bx
        pop eax
        ret

apic_eoi:                       ; keeps all registers as well
        push eax
        push bx
        xor eax, eax
        mov bx, LAPIC_EOI
        jmp apic_self_ipi.send

; --- Interrupt vectors --------------------------------------------------------------------------

; Exchanges entries of the interrupt vector table with those of a list at SI: each a vector and a
; far address, ended by a 0. Calling it again puts the old ones back.
apic_hook:
        pushad
        pushf
        cli
.next:
        lodsw
        test ax, ax
        jz .done
        mov di, ax
        shl di, 2
        mov eax, [si]
        xchg eax, [di]
        mov [si], eax
        add si, 4
        jmp .next
.done:
        popf
        popad
        ret

; The spurious interrupt's handler: there is nothing to end, so it sends no EOI.
apic_spurious:
        iret
