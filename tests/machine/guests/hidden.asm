; hidden.asm: what guest16's demo of hidden memory leaves out: code, stack, edges, REP over them;
; -DEVENTS: events whose stack frame goes there; -DINTERRUPT: an interrupt the same way;
; -DSTEPPING: a guest that single-steps meanwhile.
%include "lib.inc"
%include "pm.inc"

%define FILL    0x61                    ; what lies around the block
%define BYTES   64

main:
        mov ax, 0x2401                  ; the BIOS opens A20
        int 0x15
        mov eax, HYPERCALL_MAGIC        ; where is the block?
        mov ebx, 3
        vmcall
        mov [base], eax
        add edx, eax
        mov [behind], edx
        call enter32
bits 32
%ifdef EVENTS
        call events
%elifdef INTERRUPT
        call interrupt
%elifdef STEPPING
        call stepping
%else
        call execute
        call stacks
        call edges
        call strings
%endif
        call leave32
bits 16
        SHOW "base", [base]
        mov si, results
.next:
        lodsd
        test eax, eax
        jz .done
        mov [name], eax
        lodsd
        push si
        mov si, name
        call say_text
        SHOW "", eax
        pop si
        jmp .next
.done:
        mov eax, HYPERCALL_MAGIC
        mov ebx, 4
        vmcall
        SHOW "reads", eax
        SHOW "writes", edx
        END
bits 32

; RESULT 'name', VALUE: four letters at most.
%macro RESULT 2
        push eax
        mov eax, %2
        push ebx
        mov ebx, [result]
        mov dword [ebx], %1
        mov [ebx + 4], eax
        add dword [result], 8
        pop ebx
        pop eax
%endmacro

; --- Code there: all ones is no instruction --------------------------------------------------

execute:
        mov eax, [base]
        TRY32 jmp eax
        RESULT 'jmp', [fault]
        mov eax, [fault_frame]          ; the fault is at the address jumped to
        sub eax, [base]
        RESULT 'jmpo', eax
        mov eax, [base]
        add eax, 0x1234
        TRY32 call eax
        RESULT 'call', [fault]
        RESULT 'back', 1                ; and the guest lives
        ret

; --- A stack there --------------------------------------------------------------------------------

stacks:
        mov [own_esp], esp
        mov esp, [base]
        add esp, 0x1000
        push dword 0x12345678
        pop eax
        mov esp, [own_esp]
        RESULT 'push', eax
        mov esp, [base]
        add esp, 0x1000
        pushad
        popad
        mov edx, esp
        mov esp, [own_esp]
        RESULT 'popa', eax
        sub edx, [base]
        RESULT 'esp', edx
        ret

; --- The edges ------------------------------------------------------------------------------------

edges:
        mov edi, [base]
        sub edi, BYTES
        mov al, FILL
        mov ecx, BYTES
        rep stosb
        mov edi, [behind]
        mov ecx, BYTES
        rep stosb
        mov ebx, [base]
        RESULT 'dw-4', dword [ebx - 4]
        RESULT 'dw-2', dword [ebx - 2]  ; half outside, half inside
        mov dword [ebx - 2], 0x22221111
        RESULT 'wr-2', dword [ebx - 4]
        RESULT 'in', dword [ebx]
        mov dword [ebx - 2], 0x61616161 ; the outside half as it was
        mov ebx, [behind]
        RESULT 'end', dword [ebx - 4]
        RESULT 'dw+2', dword [ebx - 2]
        mov dword [ebx - 2], 0x44443333
        RESULT 'wr+2', dword [ebx]
        mov dword [ebx - 2], 0x61616161
        inc dword [ebx - 1]             ; read and write, over the edge
        RESULT 'inc', dword [ebx]
        mov dword [ebx], 0x61616161
        ret

; --- REP over an edge ----------------------------------------------------------------------------

strings:
        mov esi, [base]                 ; out of both sides: 16 bytes before it, 16 inside
        sub esi, 16
        mov edi, copy
        mov ecx, 8
        rep movsd
        RESULT 'rmcx', ecx
        RESULT 'rm0', dword [copy]
        RESULT 'rm3', dword [copy + 12]
        RESULT 'rm4', dword [copy + 16]
        RESULT 'rm7', dword [copy + 28]
        sub esi, [base]
        RESULT 'rmsi', esi

        mov esi, pattern                ; the other way, and over the upper edge, by bytes
        mov edi, [behind]
        sub edi, 8
        mov ecx, 16
        rep movsb
        mov ebx, [behind]
        RESULT 'wm-4', dword [ebx - 4]
        RESULT 'wm0', dword [ebx]
        RESULT 'wm4', dword [ebx + 4]
        RESULT 'wm8', dword [ebx + 8]
        sub edi, ebx
        RESULT 'wmdi', edi

        std                             ; backwards from inside to below
        mov esi, pattern + 12
        mov edi, [base]
        add edi, 4
        mov ecx, 4
        rep movsd
        cld
        mov ebx, [base]
        RESULT 'bk-4', dword [ebx - 4]
        RESULT 'bk-8', dword [ebx - 8]
        RESULT 'bk0', dword [ebx]
        mov esi, [base]                 ; inside to inside
        mov edi, [base]
        add edi, 0x10000
        mov ecx, 4
        rep movsd
        RESULT 'incx', ecx
        ret

; --- Events whose stack frame goes there -------------------------------------------------------------

events:
        mov [own_esp], esp
        mov edx, [base]                 ; an exception whose frame goes there: #UD
        add edx, 0x1000
        mov eax, [own_esp]
        mov [try_esp], eax
        mov dword [recover32], .behind
        mov dword [fault], 0
        mov esp, edx
        ud2
.behind:
        RESULT 'ud2', 1                 ; its vector was pushed there as well, and is lost
        RESULT 'vec', [fault]
        mov edx, [base]                 ; a software interrupt
        add edx, 0x1000
        mov dword [recover32], .behind2
        mov dword [fault], 0
        mov esp, edx
        int 7
.behind2:
        RESULT 'int', 1
        mov esp, [own_esp]
        mov ebx, [base]                 ; and afterwards all is as before
        mov dword [ebx + 0x1100], 0x12345678
        RESULT 'aftr', dword [ebx + 0x1100]
        ret

%define APIC_VECTOR     0x1E            ; pm.inc's IDT has 32

interrupt:                              ; an interrupt of the APIC, to itself; its frame goes there
        mov dword [PM_IDT + APIC_VECTOR * 8], on_irq
        mov word [PM_IDT + APIC_VECTOR * 8 + 2], SEL_CODE32
        mov dword [PM_IDT + APIC_VECTOR * 8 + 4], 0x8E00
        in al, PORT_PIC1_DATA           ; alone
        mov [mask], al
        mov al, 0xFF
        out PORT_PIC1_DATA, al
        mov dword [APIC_BASE_DEFAULT + LAPIC_SVR], LAPIC_SVR_ENABLE | 0xFF
        mov dword [irqs], 0
        mov [own_esp], esp
        mov esp, [base]
        add esp, 0x1000
        mov dword [APIC_BASE_DEFAULT + LAPIC_ICR], LAPIC_ICR_SELF | APIC_VECTOR
        sti
        nop
        nop
        cli                             ; on_irq goes on after it, with the stack put right
.behind:
        mov esp, [own_esp]
        mov al, [mask]
        out PORT_PIC1_DATA, al
        RESULT 'irqs', [irqs]
        ret

on_irq:
        inc dword [irqs]
        mov dword [APIC_BASE_DEFAULT + LAPIC_EOI], 0
        jmp interrupt.behind

; --- A guest that single-steps itself meanwhile -------------------------------------------------------

stepping:
        mov dword [PM_IDT + 8], on_step ; vector 1; the upper half of the address is 0
        mov word [PM_IDT + 8 + 2], SEL_CODE32
        mov dword [PM_IDT + 8 + 4], 0x8E00
        mov dword [steps], 0
        mov ebx, [base]
        pushfd
        or dword [esp], 0x100
        popfd
        mov eax, [ebx]                  ; trap 1: after this
        nop                             ; trap 2
        pushfd                          ; trap 3
        and dword [esp], ~0x100         ; trap 4
        popfd                           ; trap 5: TF was on when it began
        RESULT 'step', [steps]
        RESULT 'stpv', eax
        ret

on_step:
        inc dword [steps]
        iret

align 4
own_esp:        dd 0
base:           dd 0
behind:         dd 0
steps:          dd 0
irqs:           dd 0
mask:           dd 0
copy:           times 8 dd 0
pattern:        dd 0xA0A0A0A0, 0xA1A1A1A1, 0xA2A2A2A2, 0xA3A3A3A3
name:           dd 0, 0
result:         dd results
results:        times 160 dd 0
bits 16
%include "lib_end.inc"
