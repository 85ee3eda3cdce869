; exits.asm: the demo "exits": each kind of VM exit that a real-mode guest can provoke on request.
;
; One line each: the instruction, the basic exit reason, hv16's counter for it before and after, and
; what the guest saw. Every exit must be accounted for: one instruction, one exit. Interrupts stay
; off from the first look at the counter to the second, because a handler could cause exits too.

%define KBC_ENABLE_KEYBOARD     0xAE            ; a command that changes nothing: it is enabled
%define ANY                     0xFF

section .bss
exits_reason:   resb 1
exits_good:     resb 1          ; 1 as long as the running line is as expected
exits_before:   resd 1
exits_delta:    resd 1
exits_cr_value: resd 1          ; a control register, to be put back

section .text

; PROBE TEXT, REASON, INSTRUCTION: prints the text, executes the instruction between two looks at
; the counter, prints them and what fault there was. The registers are the instruction's.
%macro PROBE 3+
        SAY %1
        mov byte [exits_reason], %2
        call exits_begin
        TRY %3
        call exits_end
%endmacro

; EXPECT EXITS, VECTOR: so many exits, and this fault (0: none); ALSO_EXPECT leaves the line open.
%macro EXPECT 2
        ALSO_EXPECT %1, %2
        call exits_line_end
%endmacro
%macro ALSO_EXPECT 2
        push word (%1 << 8) | %2
        call exits_compare
%endmacro

demo_exits:
        cmp byte [hv_present], 0
        je exits_native
        SAY `  instruction`
        mov al, 31
        call say_column
        SAY `reason  before -> after  the guest saw\n`
        call exits_cpuid
        call exits_ports
        call exits_cache
        cmp byte [cpu_has_svm], 0
        jne .amd
        call exits_msr
        call exits_vmx
        call exits_cr
        call exits_xsetbv
        jmp exits_hlt
.amd:                           ; whose MOV to CR0 and CR4, and XSETBV, need not exit
        call exits_efer
        call exits_svm
        jmp exits_hlt

exits_cpuid:
        mov eax, 1
        PROBE `  CPUID`, EXIT_REASON_CPUID, cpuid
        test ecx, CPUID_1_ECX_VMX
        call exits_require_zero
        EXPECT 1, 0
        ret

exits_msr:
        mov ecx, MSR_IA32_FEATURE_CONTROL
        PROBE `  RDMSR 3Ah, FEATURE_CONTROL`, EXIT_REASON_RDMSR, rdmsr
        cmp byte [trap_vector], VECTOR_GP
        je .refused             ; as right as an answer without VMX in it
        test eax, FEATURE_CONTROL_VMXON
        call exits_require_zero
        ALSO_EXPECT 1, 0
        SAY `, value `
        call say_hex8
        SAY `h`
        call exits_line_end
        jmp .next
.refused:
        EXPECT 1, VECTOR_GP
.next:
        mov ecx, MSR_IA32_VMX_BASIC
        PROBE `  RDMSR 480h, VMX_BASIC`, EXIT_REASON_RDMSR, rdmsr
        EXPECT 1, VECTOR_GP
        mov ecx, MSR_IA32_FEATURE_CONTROL
        mov eax, 5
        xor edx, edx
        PROBE `  WRMSR 3Ah, FEATURE_CONTROL`, EXIT_REASON_WRMSR, wrmsr
        EXPECT 1, VECTOR_GP
        ret

; AMD's: EFER has SVME, which the guest must not see. APM volume 2, "Enabling SVM" (15.4).
exits_efer:
        mov ecx, MSR_IA32_EFER
        PROBE `  RDMSR C0000080h, EFER`, EXIT_REASON_RDMSR, rdmsr
        test eax, EFER_SVME
        call exits_require_zero
        EXPECT 1, 0
        mov eax, EFER_SVME
        xor edx, edx
        PROBE `  WRMSR C0000080h, SVME set`, EXIT_REASON_WRMSR, wrmsr
        EXPECT 1, VECTOR_GP
        mov ecx, MSR_VM_CR
        PROBE `  RDMSR C0010114h, VM_CR`, EXIT_REASON_RDMSR, rdmsr
        EXPECT 1, VECTOR_GP
        ret

; Ports that can reset the machine. None of this does.
exits_ports:
        PROBE `  IN 64h, keyboard status`, EXIT_REASON_IO, in al, PORT_KBD_COMMAND
        EXPECT 1, 0
        call keyboard_wait
        mov al, KBC_ENABLE_KEYBOARD
        PROBE `  OUT 64h, keyboard command`, EXIT_REASON_IO, out PORT_KBD_COMMAND, al
        EXPECT 1, 0
        call keyboard_wait
        PROBE `  IN 92h, fast A20`, EXIT_REASON_IO, in al, PORT_SYSTEM_A
        EXPECT 1, 0
        and al, ~1              ; bit 0 is the reset
        PROBE `  OUT 92h, the same value`, EXIT_REASON_IO, out PORT_SYSTEM_A, al
        EXPECT 1, 0
        ret

; In real mode the processor refuses VMXON by itself; only VMCALL exits first.
; SDM volume 3, "VMXON" and "VMCALL", Operation (3C 31.3).
exits_vmx:
        PROBE `  VMXON`, EXIT_REASON_VMXON, vmxon [exits_vmxon_operand]
        EXPECT ANY, VECTOR_UD
        xor eax, eax
        PROBE `  VMCALL without hv16's magic`, EXIT_REASON_VMCALL, vmcall
        EXPECT 1, VECTOR_UD
        ret

; In real mode VMRUN is #UD by itself, as VMXON is. APM volume 3, "VMRUN".
exits_svm:
        PROBE `  VMRUN`, EXIT_REASON_VMLAUNCH, vmrun
        EXPECT ANY, VECTOR_UD
        xor eax, eax
        PROBE `  VMMCALL without hv16's magic`, EXIT_REASON_VMCALL, vmmcall
        EXPECT 1, VECTOR_UD
        ret

exits_cr:
        mov eax, cr0
        mov [exits_cr_value], eax
        xor eax, CR0_NE
        mov edx, eax
        PROBE `  MOV CR0, NE changed`, EXIT_REASON_CR_ACCESS, mov cr0, eax
        mov eax, cr0            ; it must read back as written
        cmp eax, edx
        call exits_require_zero
        EXPECT 1, 0
        mov eax, [exits_cr_value]
        mov cr0, eax
        mov eax, cr4
        or eax, CR4_VMXE
        PROBE `  MOV CR4, VMXE set`, EXIT_REASON_CR_ACCESS, mov cr4, eax
        mov eax, cr4
        test eax, CR4_VMXE
        call exits_require_zero
        EXPECT 1, VECTOR_GP
        ret

exits_xsetbv:
        test dword [cpu_ecx], CPUID_1_ECX_XSAVE
        jz .absent
        mov eax, cr4
        mov [exits_cr_value], eax
        or eax, CR4_OSXSAVE
        mov cr4, eax
        xor ecx, ecx
        xgetbv
        PROBE `  XSETBV, XCR0 as it is`, EXIT_REASON_XSETBV, xsetbv
        EXPECT 1, 0
        xor ecx, ecx
        xor eax, eax            ; bit 0, x87 state, must be 1
        xor edx, edx
        PROBE `  XSETBV, XCR0 = 0`, EXIT_REASON_XSETBV, xsetbv
        EXPECT 1, VECTOR_GP
        mov eax, [exits_cr_value]
        mov cr4, eax
        ret
.absent:
        SAY `  XSETBV: this processor has no XSAVE\n`
        ret

; INVD throws away what is in the caches and not yet in memory. It always exits, and a
; hypervisor writes them back instead: on the bare machine this line would lose data.
exits_cache:
        mov edx, 0x16161616
        mov [exits_cr_value], edx
        PROBE `  INVD`, EXIT_REASON_INVD, invd
        cmp edx, [exits_cr_value]
        call exits_require_zero
        cmp byte [cpu_has_svm], 0
        jne .amd
        EXPECT 1, 0
        ret
.amd:                           ; QEMU up to 10.0 looks at the intercept of WBINVD instead
        EXPECT ANY, 0
        ret

; Whether HLT exits is the hypervisor's choice. It needs interrupts on, or it would never end.
exits_hlt:
        SAY `  HLT until the timer tick`
        mov byte [exits_reason], EXIT_REASON_HLT
        call exits_begin
        mov byte [trap_vector], 0
        sti
        hlt
        cli
        call exits_end
        ALSO_EXPECT ANY, 0
        cmp dword [exits_delta], 0
        jne exits_line_end
        SAY `, no exit`
        jmp exits_line_end

; Without a hypervisor nothing exits. VMCALL is tried only where nobody could take it as a call.
exits_native:
        cmp byte [hv_other], 0
        jne .skip
        SAY `  VMCALL on this machine, with no hypervisor to exit to: `
        TRY vmcall
        call say_trap
        SAY `\n`
.skip:
        call demo_skip
        db "hv16 is not present, nothing exits", 0
        ret

; --- One line of the table ------------------------------------------------------------------
; These routines keep all registers: the instructions under test use them.

exits_begin:
        push eax
        mov byte [exits_good], 1
        mov al, 31
        call say_column
        movzx eax, byte [exits_reason]
        call say_decimal
        mov al, 39
        call say_column
        cli
        call exits_count
        mov [exits_before], eax
        pop eax
        ret

exits_end:
        push eax
        call exits_count
        push eax
        sub eax, [exits_before]
        cmp byte [exits_reason], EXIT_REASON_VMCALL
        jne .counted
        dec eax                 ; asking is a VMCALL too
.counted:
        mov [exits_delta], eax
        sti
        mov eax, [exits_before]
        call say_decimal
        SAY ` -> `
        pop eax
        call say_decimal
        mov al, 56
        call say_column
        call say_trap
        pop eax
        ret

; Out: EAX = hv16's counter for exits_reason.
exits_count:
        push ebx
        push ecx
        push edx
        mov ebx, HYPERCALL_EXITS
        movzx ecx, byte [exits_reason]
        call hypercall
        pop edx
        pop ecx
        pop ebx
        ret

; The line is wrong if ZF is clear.
exits_require_zero:
        je .done
        mov byte [exits_good], 0
.done:
        ret

; In: on the stack, a word: exits in the upper byte, vector in the lower. Removes it.
exits_compare:
        push bp
        mov bp, sp
        push ax
        mov ax, [bp + 4]
        cmp al, [trap_vector]
        call exits_require_zero
        cmp ah, ANY
        je .done
        movzx eax, ah
        cmp eax, [exits_delta]
        call exits_require_zero
.done:
        pop ax
        pop bp
        ret 2

exits_line_end:
        cmp byte [exits_good], 1
        CHECK e, "not every line of the table is ok"
        ret

exits_vmxon_operand: dq 0
