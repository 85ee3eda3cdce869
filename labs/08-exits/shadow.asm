; shadow.asm: something else is going on while an instruction exits: an interrupt that STI or MOV SS
; holds back, or the trap flag. Interrupts go to the guest by themselves: apic=off.
%include "lib.inc"

%define IRQ0            8               ; its vector
%define DEBUG           1

; HELD "name", INSTRUCTIONS: IRQ 0 waits, interrupts are off. Executes them, four NOPs, and prints
; where the interrupt was taken, counted from the end of the last of them.
%macro HELD 2+
        call request_irq0
        mov word [behind], %%behind
        mov word [place], 0x7777
        mov ax, ss
        %2
%%behind:
        times 4 nop
        cli
        SHOW16 %1, [place]
%endmacro

%macro STI_CPUID 0
        sti
        cpuid
%endmacro
%macro MOVSS_CPUID 0
        sti
        mov ss, ax
        cpuid
%endmacro
%macro STI_IN 0
        sti
        in al, PORT_KBD_COMMAND
%endmacro
%macro STI_NOP 0
        sti
        nop
%endmacro
%macro MOVSS_CPUID_ALONE 0
        mov ax, ss
        mov ss, ax
        cpuid
%endmacro

; STEP "name", INSTRUCTIONS: sets TF, executes them, two NOPs, and clears TF. Prints where the first
; trap was taken after them, counted from there, and how many there were in all.
%macro STEP 2+
        mov word [place], 0x7777
        mov dword [traps], 0
        mov word [behind], %%behind
        mov dx, PORT_KBD_COMMAND
        pushf
        pop ax
        or ah, 1
        push ax
        popf
        %2
%%behind:
        nop
        nop
        pushf
        pop ax
        and ah, ~1
        push ax
        popf
        mov eax, [traps]
        SHOW16 %1, [place]
        SHOW %1, eax, "_traps"
%endmacro

main:
        cli
        mov eax, [IRQ0 * 4]
        mov [old_irq0], eax
        mov dword [DEBUG * 4], on_debug
        cpuid                           ; no TF: no trap
        in al, PORT_KBD_COMMAND
        nop
        SHOW "stray", [traps]

        mov dword [IRQ0 * 4], on_irq0
        HELD "irq_nop", STI_NOP
        HELD "irq_cpuid", STI_CPUID
        HELD "irq_in", STI_IN
        HELD "irq_movss", MOVSS_CPUID
        mov eax, [old_irq0]
        mov [IRQ0 * 4], eax

        STEP "step_nop", nop
        STEP "step_cpuid", cpuid
        STEP "step_in", in al, dx
        STEP "step_movss", MOVSS_CPUID_ALONE
        END

; Waits, interrupts off, until IRQ 0 stands in the interrupt controller.
request_irq0:
        cli
.wait:
        mov al, 0x0A                    ; read IRR
        out PORT_PIC1_COMMAND, al
        in al, PORT_PIC1_COMMAND
        test al, 1
        jz .wait
        ret

on_irq0:
        call where
        push ax
        mov al, 0x20
        out PORT_PIC1_COMMAND, al
        pop ax
        iret

on_debug:
        inc dword [traps]
        call where
        iret

; The place, unless it is before the end of the tested instruction, or there is one already.
where:
        push bp
        mov bp, sp
        push ax
        mov ax, [bp + 4]                ; IP
        sub ax, [behind]
        js .done
        cmp word [place], 0x7777
        jne .done
        mov [place], ax
.done:
        pop ax
        pop bp
        ret

traps:          dd 0
old_irq0:       dd 0
behind:         dw 0
place:          dw 0
%include "lib_end.inc"
