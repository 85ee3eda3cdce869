; second.asm: INITs and SIPIs for the processor with APIC ID 1, in every state that it may be in. It
; writes down what it finds when it starts; this processor prints it.
%include "lib.inc"
%include "apic.inc"

%define A               0x20            ; the vectors of the SIPIs
%define B               0x31
%define ROUNDS          100
%define STACK           0x6000

%define DO_COUNT        0               ; what the other processor does when it has started
%define DO_HALT         1
%define DO_CHANGE       2               ; changes what INIT resets and what it keeps

%macro SEND 1
        WR LAPIC_ICR_HIGH, 1 << 24
        WR LAPIC_ICR, %1
        call pause
%endmacro
%macro START 2                          ; START WHAT, VECTOR: waits until it says that it is there
        mov byte [what], %1
        SEND ICR_INIT
        mov ebp, [starts]
        SEND ICR_STARTUP | %2
        call wait_for_start
%endmacro
; CODE_AT ADDRESS, ENTRY: MOV [CS:12], CS and JMP 0:ENTRY. It changes no register.
%macro CODE_AT 2
        mov ax, (%1) >> 4
        mov es, ax
        mov dword [es:0], 0x0C0E8C2E
        mov word [es:4], 0xEA00
        mov dword [es:6], %2
%endmacro
; ENTRY NAME, ADDRESS: where CODE_AT jumps to.
%macro ENTRY 2
%1:     mov dword [cs:began], %2
        jmp record
%endmacro

main:
        cli
        call apic_find
        call apic_enable
        mov dword [0x467], from_bios    ; where nobody should come
        mov al, 0x0F
        out PORT_CMOS_INDEX, al
        mov al, 0x0A
        out PORT_CMOS_DATA, al
        CODE_AT A << 12, right_a
        CODE_AT B << 12, right_b
        CODE_AT A << 8, byte_a
        CODE_AT B << 8, byte_b
        CODE_AT A << 4, nibble_a
        CODE_AT B << 4, nibble_b

        START DO_CHANGE, A              ; the first INIT, of one that waits since power-up
        SHOW "starts", [starts]
        SHOW "began", [began], "1"
        SHOW "cs", [selector], "1"
        SHOW "cr0", [cr0_then], "1"
        SHOW "edx", [regs + 3 * 4], "1"

        START DO_COUNT, B               ; and of one that has changed all it could
        SHOW "began", [began], "2"
        SHOW "cs", [selector], "2"
        call show_state

        mov ebp, [starts]
        SEND ICR_STARTUP | A            ; while it runs
        SEND ICR_STARTUP | A
        mov eax, [starts]
        sub eax, ebp
        SHOW "while_running", eax
        mov ebp, [starts]
        SEND ICR_INIT
        SEND ICR_STARTUP | A
        call wait_for_start
        SEND ICR_STARTUP | B            ; one too many
        call pause
        mov eax, [starts]
        sub eax, ebp
        SHOW "two", eax
        SHOW "two_began", [began]

        SEND ICR_INIT                   ; it counts now, and stops
        mov ebp, [alive]
        call pause
        mov eax, [alive]
        sub eax, ebp
        SHOW "ran_on", eax
        SHOW "bios", [bios]
        START DO_HALT, A                ; INIT while it waits for a SIPI
        SHOW "waiting", eax
        START DO_COUNT, A               ; while it halts
        SHOW "halted", eax
        START DO_COUNT, A               ; while it runs, interrupts off
        SHOW "running", eax

        mov dword [starts], 0
        mov byte [what], DO_COUNT
.round:
        mov ebp, [starts]
        WR LAPIC_ICR_HIGH, 1 << 24
        WR LAPIC_ICR, ICR_INIT          ; one right after the other
        WR LAPIC_ICR, ICR_STARTUP | A
        WR LAPIC_ICR, ICR_STARTUP | B
        call wait_for_start
        cmp eax, 1
        jne .lost
        cmp dword [starts], ROUNDS
        jb .round
.lost:
        SHOW "rounds", [starts]
        SEND ICR_INIT
        END

show_state:
        SHOW "eax", [regs]
        SHOW "ebx", [regs + 4]
        SHOW "ecx", [regs + 8]
        SHOW "edx", [regs + 12]
        SHOW "esi", [regs + 16]
        SHOW "edi", [regs + 20]
        SHOW "ebp", [regs + 24]
        SHOW "esp", [regs + 28]
        SHOW "signature", [signature]
        SHOW "cr0", [cr0_then]
        SHOW "cr2", [cr2_then]
        SHOW "cr3", [cr3_then]
        SHOW "cr4", [cr4_then]
        SHOW "dr0", [dr0_then]
        SHOW "dr6", [dr6_then]
        SHOW "dr7", [dr7_then]
        SHOW "eflags", [flags]
        SHOW "ss", [selectors]
        SHOW "ds", [selectors + 4]
        SHOW "es", [selectors + 8]
        SHOW "fs", [selectors + 12]
        SHOW "gs", [selectors + 16]
        SHOW "idtr", [idtr + 2]
        SHOW "msr174", [msrs]
        SHOW "msr175", [msrs + 4]
        SHOW "msr176", [msrs + 8]
        SHOW "msr277", [msrs + 12]
        SHOW "svr", [svr]
        SHOW "tpr", [tpr]
        SHOW "id", [id]
        ret

; Until the other processor has started, though not for ever. EAX = how often it has since there
; were EBP starts.
wait_for_start:
        push ecx
        mov cx, 50
.wait:  call pause
        mov eax, [starts]
        sub eax, ebp
        loopz .wait
        call pause                      ; what it does then, and starts that should not be
        mov eax, [starts]
        sub eax, ebp
        pop ecx
        ret

pause:
        push ecx
        mov ecx, 7000
        a32 loop $
        pop ecx
        ret

; --- The other processor. CS is 0, nothing else is known -------------------------------------------

ENTRY right_a, A << 12
ENTRY right_b, B << 12
ENTRY byte_a, A << 8
ENTRY byte_b, B << 8
ENTRY nibble_a, A << 4
ENTRY nibble_b, B << 4

from_bios:
        lock inc dword [cs:bios]
        cli
        hlt
        jmp from_bios

record:
        mov [cs:regs], eax
        mov [cs:regs + 4], ebx
        mov [cs:regs + 8], ecx
        mov [cs:regs + 12], edx
        mov [cs:regs + 16], esi
        mov [cs:regs + 20], edi
        mov [cs:regs + 24], ebp
        mov [cs:regs + 28], esp
        mov [cs:selectors], ss
        mov [cs:selectors + 4], ds
        mov [cs:selectors + 8], es
        mov [cs:selectors + 12], fs
        mov [cs:selectors + 16], gs
        sidt [cs:idtr]
        mov ax, cs
        mov ss, ax
        mov sp, STACK
        pushfd
        mov ds, ax
        mov es, ax
        pop dword [flags]
        cld
        mov eax, cr0
        mov [cr0_then], eax
        mov eax, cr2
        mov [cr2_then], eax
        mov eax, cr3
        mov [cr3_then], eax
        mov eax, cr4
        mov [cr4_then], eax
        mov eax, dr0
        mov [dr0_then], eax
        mov eax, dr6
        mov [dr6_then], eax
        mov eax, dr7
        mov [dr7_then], eax
        mov eax, 1
        cpuid
        mov [signature], eax
        mov ecx, 0x174
        rdmsr
        mov [msrs], eax
        inc cx
        rdmsr
        mov [msrs + 4], eax
        inc cx
        rdmsr
        mov [msrs + 8], eax
        mov cx, 0x277
        rdmsr
        mov [msrs + 12], eax
        call big_limits
        mov eax, [began]
        movzx eax, word [fs:eax + 12]
        mov [selector], eax
        RD LAPIC_ID
        mov [id], eax
        RD LAPIC_TPR
        mov [tpr], eax
        RD LAPIC_SVR
        mov [svr], eax
        WR LAPIC_SVR, 0x1FF
        lock inc dword [starts]
        cmp byte [what], DO_HALT
        je .halt
        cmp byte [what], DO_CHANGE
        je change
.count:
        lock inc dword [alive]
        jmp .count
.halt:
        cli
        hlt
        jmp .halt

change:
        WR LAPIC_TPR, 0x20
        mov ecx, 0x174
        xor edx, edx
        mov eax, 0x12345678
        wrmsr
        inc cx
        mov eax, 0x23456789
        wrmsr
        inc cx
        mov eax, 0x3456789A
        wrmsr
        mov cx, 0x277                   ; PAT: entry 1 becomes uncacheable
        rdmsr
        mov ah, 0
        wrmsr
        lidt [other_idtr]
        mov eax, 0x00765432
        mov cr2, eax
        mov eax, 0x00005000
        mov cr3, eax
        mov eax, cr4
        or eax, 1 << 3 | 1 << 9         ; DE, OSFXSR
        mov cr4, eax
        mov eax, 0x00000123
        mov dr0, eax
        mov eax, 0xFFFF0FFF
        mov dr6, eax
        mov eax, 0x000F0400             ; nothing enabled
        mov dr7, eax
        mov eax, cr0
        and eax, ~(1 << 29)             ; NW off, CD on
        or eax, 1 << 16 | 1 << 3        ; WP, TS
        mov cr0, eax
        mov ax, 0x4321
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov eax, 0x5A5A5A5A
        mov ebx, eax
        mov ecx, eax
        mov edx, eax
        mov esi, eax
        mov edi, eax
        mov ebp, eax
        mov esp, eax
        std
        stc
        jmp $

other_idtr:     dw 0x3FF
                dd 0x1000
idtr:           times 3 dw 0
align 4
what:           dd 0
starts:         dd 0
alive:          dd 0
bios:           dd 0
began:          dd 0
selector:       dd 0
regs:           times 8 dd 0
selectors:      times 5 dd 0
flags:          dd 0
cr0_then:       dd 0
cr2_then:       dd 0
cr3_then:       dd 0
cr4_then:       dd 0
dr0_then:       dd 0
dr6_then:       dd 0
dr7_then:       dd 0
signature:      dd 0
msrs:           times 4 dd 0
id:             dd 0
tpr:            dd 0
svr:            dd 0

%include "lib_end.inc"
