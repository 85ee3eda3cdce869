; init_ipi.asm: the demo "init-ipi": the processor sends itself an INIT, and starts the second one.
;
; An INIT resets the processor, but not the machine: it begins in the BIOS, which looks at byte 0Fh of
; the CMOS for what it was told. With 0Ah there it jumps to the address at 40:67. 16-bit systems left
; protected mode in this way, when there was no other.
; SDM volume 3, "Processor States Following Power-up, Reset, or INIT" (3A 10.1.1, table 10-1).

%define SVR_AFTER_INIT  0xFF
%define DR7_AFTER_INIT  0x400

section .bss
                alignb 4
init_cr0:       resd 1
init_dr7:       resd 1
init_jump:      resd 1                  ; the BIOS's own address at 40:67
init_sp:        resw 1
init_came:      resb 1

section .text

demo_init_ipi:
        call apic_begin
        jc .done
        SAY `init-ipi: mode `
        call say_apic_mode
        SAY `\n`
        cmp byte [apic_msr], 0
        jne .x2apic
        call init_second
        call init_self
        call init_report
.end:
        call apic_end
.done:
        ret
.x2apic:
        call demo_skip
        db "the firmware has put the APIC into x2APIC mode", 0
        jmp .end

; --- The second processor ----------------------------------------------------------------------

init_second:
        mov bx, init_record
        cmp byte [apic_mode], APIC_OFF
        je .off
        call smp_each
        jmp .started
.off:
        call smp_first
.started:
        SAY `init-ipi: started `
        movzx eax, cx
        call say_decimal
        SAY `\n`
        test cx, cx
        jz .done
        SAY `  The first of them began with CR0 `
        mov eax, [smp_records]
        call say_hex32
        test al, 1
        CHECK z, "a processor does not start in real mode"
.done:
        ret

init_record:
        mov eax, cr0
        stosd
        ret

; --- This processor -----------------------------------------------------------------------------

init_self:
        SAY `  CMOS 0Fh = 0Ah, 40:67 = 0000:`
        mov eax, init_back
        call say_hex32
        SAY `; now INIT, to myself\n`
        pushad
        pushf
        cli
        mov [init_sp], sp
        mov byte [init_came], 0
        mov eax, [BDA_WARM_START]
        mov [init_jump], eax
        mov dword [BDA_WARM_START], init_back
        mov al, CMOS_SHUTDOWN
        out PORT_CMOS_INDEX, al
        mov al, SHUTDOWN_JUMP
        out PORT_CMOS_DATA, al
        mov bx, LAPIC_ID
        call apic_read                  ; its bits 31:24 are where ICR wants the destination
        mov bx, LAPIC_ICR_HIGH
        call apic_write
        mov bx, LAPIC_ICR
        mov eax, ICR_INIT
        call apic_write
        call smp_wait
        jmp init_returned               ; none came
init_back:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, [init_sp]
        cld
        mov byte [init_came], 1
        mov eax, cr0
        mov [init_cr0], eax
        mov eax, dr7
        mov [init_dr7], eax
        call bigreal_enter
init_returned:
        mov eax, [init_jump]
        mov [BDA_WARM_START], eax
        mov al, CMOS_SHUTDOWN
        out PORT_CMOS_INDEX, al
        xor al, al
        out PORT_CMOS_DATA, al
        popf
        popad
        ret

init_report:
        SAY `init-ipi: came `
        movzx eax, byte [init_came]
        call say_decimal
        cmp al, 1
        CHECK e, "the INIT has not come"
        cmp byte [init_came], 1
        jne .done
        SAY `init-ipi: registers cr0 `
        mov eax, [init_cr0]
        call say_hex32
        SAY ` dr7 `
        mov eax, [init_dr7]
        call say_hex32
        SAY ` svr `
        mov bx, LAPIC_SVR
        call apic_read
        call say_hex32
        sub eax, SVR_AFTER_INIT         ; 0 as long as all is well
        mov edx, [init_dr7]
        sub edx, DR7_AFTER_INIT
        or eax, edx
        mov edx, [init_cr0]
        and edx, CR0_PE | CR0_PG
        or eax, edx
        CHECK z, "a register is not as after INIT"
        call init_exits
.done:
        jmp apic_switch_on

init_exits:
        cmp byte [hv_present], 0
        je .done
        mov ebx, HYPERCALL_EXITS
        mov ecx, EXIT_REASON_INIT
        call hypercall
        SAY `init-ipi: init-exits `
        call say_decimal
        SAY `\n`
.done:
        ret
