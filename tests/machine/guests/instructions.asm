; instructions.asm: instructions that exit under hv16, in places where one more thing is going on.
; Natively the same program must print the same: an exit is not to be noticed.
%include "lib.inc"

%define IRQ0            8               ; its vector
%define DEBUG           1

main:
        call faults_catch
        call single_step
        call interrupt_shadow
        call flags_and_registers
        END

; --- Single-stepping -----------------------------------------------------------------------------

; STEP "name", INSTRUCTION: executes POPF with TF, the instruction and two NOPs, and prints how many
; traps there were and, counted from the instruction, where the first one was taken.
%macro STEP 2+
        mov dword [traps], 0
        mov dword [trap_ip], 0
        pushf
        pop ax
        or ah, 1                        ; TF
        push ax
        mov word [step_from], %%here
        mov word [step_to], %%behind
        xor eax, eax
        xor ecx, ecx
        popf
%%here: %2
%%behind:
        nop
        nop
        call step_off
        SHOW16 %1, [trap_ip]
        SHOW %1, [traps], "_traps"
%endmacro

step_off:                               ; (this CALL and its first instructions are stepped too)
        push ax
        pushf
        pop ax
        and ah, ~1
        push ax
        popf
        pop ax
        ret

; Remembers where the first trap after step_from was: 0 = after the instruction itself.
on_debug:
        push bp
        mov bp, sp
        push ax
        cmp dword [cs:traps], 0
        jne .count
        mov ax, [bp + 2]
        sub ax, [cs:step_to]
        mov [cs:trap_ip], ax
.count: inc dword [cs:traps]
        pop ax
        pop bp
        iret

single_step:
        mov dword [DEBUG * 4], on_debug
        STEP "step_nop", nop
        STEP "step_cpuid", cpuid
        mov dx, PORT_KBD_COMMAND
        STEP "step_in", in al, dx
        STEP "step_movcr0", call toggle_ne
        STEP "step_wbinvd", wbinvd
        STEP "step_movss_cpuid", call shadowed_cpuid
        mov dword [DEBUG * 4], fault_1
        ret

toggle_ne:
        mov eax, cr0
        xor al, 0x20
        mov cr0, eax
        xor al, 0x20
        mov cr0, eax
        ret

shadowed_cpuid:
        mov ax, ss
        mov ss, ax
        cpuid
        ret

; --- STI and MOV SS hold interrupts back for one instruction ---------------------------------------

; SHADOW "name", INSTRUCTIONS: with IRQ 0 pending, opens interrupts, executes the instructions, and
; prints where the interrupt was taken, counted from the end of the last of them.
%macro SHADOW 2+
        call irq0_pending
        mov word [step_to], %%behind
        mov ax, ss
        xor ecx, ecx
        %2
%%behind:
        nop
        nop
        nop
        cli
        SHOW16 %1, [trap_ip]
%endmacro

%macro STI_CPUID 0
        sti
        cpuid
%endmacro
%macro STI_NOP 0
        sti
        nop
%endmacro
%macro STI_MOVSS_CPUID 0
        sti
        mov ss, ax
        cpuid
%endmacro
%macro STI_IN 0
        sti
        in al, PORT_KBD_COMMAND
%endmacro

interrupt_shadow:
        cli
        mov eax, [IRQ0 * 4]
        mov [old_irq0], eax
        mov dword [IRQ0 * 4], on_irq0
        SHADOW "shadow_nop", STI_NOP
        SHADOW "shadow_cpuid", STI_CPUID
        SHADOW "shadow_in", STI_IN
        SHADOW "shadow_movss_cpuid", STI_MOVSS_CPUID
        mov eax, [old_irq0]
        mov [IRQ0 * 4], eax
        sti
        ret

; Waits, interrupts off, until the timer's request stands in the interrupt controller.
irq0_pending:
        cli
        mov word [trap_ip], 0x7777
.wait:
        mov al, PIC_READ_IRR
        out PORT_PIC1_COMMAND, al
        in al, PORT_PIC1_COMMAND
        test al, 1
        jz .wait
        ret

on_irq0:
        push bp
        mov bp, sp
        push ax
        mov ax, [bp + 2]
        sub ax, [cs:step_to]
        mov [cs:trap_ip], ax
        mov al, 0x20                    ; end of interrupt
        out PORT_PIC1_COMMAND, al
        pop ax
        pop bp
        iret

; --- What an exit must leave alone -------------------------------------------------------------------

flags_and_registers:
        cli
        mov eax, 0x80000000
        add eax, eax                    ; CF, OF and ZF set
        mov eax, 0x11111111
        mov ebx, 0x22222222
        mov ecx, 0x33333333
        mov edx, 0x44444444
        mov esi, 0x55555555
        mov edi, 0x66666666
        mov ebp, 0x77777777
        in al, PORT_KBD_COMMAND         ; an exit that changes AL alone
        mov al, 0
        pushfd
        pop dword [flags]
        SHOW "eax", eax
        SHOW "ebx", ebx
        SHOW "ecx", ecx
        SHOW "edx", edx
        SHOW "esi", esi
        SHOW "edi", edi
        SHOW "ebp", ebp
        SHOW16 "sp", sp
        SHOW "flags", [flags]
        sti
        ret

traps:          dd 0
trap_ip:        dd 0
step_from:      dw 0
step_to:        dw 0
old_irq0:       dd 0
flags:          dd 0
%include "lib_end.inc"
