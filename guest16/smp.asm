; smp.asm: the other processors: to have each of them do one thing, by INIT and SIPI.
; SDM volume 3, "MP Initialization Example" (3A 9.4.4).

%define SMP_STUB        0x18000         ; where a SIPI starts them: a page after long_mode.asm's
%define SMP_STACKS      0x19000         ; SMP_STACK bytes for each
%define SMP_STACK       0x200
%define SMP_MAX         7               ; as many as hv16 has, without this one
%define SMP_RECORD      16              ; bytes that each may leave

%define SMP_PATIENCE    100             ; rounds of smp_wait

section .bss
                alignb 4
smp_records:    resb SMP_MAX * SMP_RECORD
smp_arrived:    resd 1                  ; how many have begun
smp_done:       resd 1                  ; how many have done it
smp_routine:    resw 1

section .text

; Each other processor calls BX once: with a stack, DS = ES = 0, and its record at DI. Nothing else
; may be called there that keeps something in memory. Call between apic_begin and apic_end, in xAPIC
; mode. Out: CX = how many have done it, 0 with apic=off, see smp_first. Keeps all other registers.
smp_each:
        push eax
        push bx
        xor cx, cx
        cmp byte [apic_mode], APIC_OFF
        je .done
        call smp_prepare
        mov eax, ICR_OTHERS | ICR_INIT
        call apic_write
        call smp_wait
        call smp_startup
.done:
        pop bx
        pop eax
        ret

; The same without the INIT, so it works once, for processors that wait for a SIPI since power-up; and
; with apic=off as well, where a Bochs that does not clear an INIT could not take one.
smp_first:
        push eax
        push bx
        call smp_prepare
        call smp_startup
        pop bx
        pop eax
        ret

smp_prepare:
        mov [smp_routine], bx
        mov dword [smp_arrived], 0
        mov dword [smp_done], 0
        call smp_place_stub
        mov bx, LAPIC_ICR
        ret

; In: BX = LAPIC_ICR. Out: CX. Changes EAX.
smp_startup:
        mov eax, ICR_OTHERS | ICR_STARTUP | SMP_STUB >> 12
        call apic_write
        call smp_wait
        call apic_write                 ; the first one may have been lost
        mov cx, SMP_PATIENCE
.wait:
        call smp_wait
        mov eax, [smp_done]
        cmp eax, [smp_arrived]
        loopne .wait                    ; somebody is still at it
        mov cx, [smp_done]
        cmp cx, SMP_MAX
        jbe .done
        mov cx, SMP_MAX
.done:
        ret

smp_wait:
        push ecx
        mov ecx, APIC_PATIENCE
.next:
        a32 loop .next
        pop ecx
        ret

smp_place_stub:                         ; JMP 0:smp_entry
        push es
        mov ax, SMP_STUB >> 4
        mov es, ax
        mov byte [es:0], 0xEA
        mov word [es:1], smp_entry
        mov word [es:3], 0
        pop es
        ret

smp_entry:
        cli
        cld
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov eax, 1
        lock xadd [smp_arrived], eax    ; EAX = its number
        cmp eax, SMP_MAX
        jae .halt
        mov di, SMP_STACKS >> 4
        mov ss, di
        imul di, ax, SMP_STACK
        lea sp, [di + SMP_STACK]
        imul di, ax, SMP_RECORD
        add di, smp_records
        call [smp_routine]
        lock inc dword [smp_done]
.halt:
        hlt
        jmp .halt

; For a record: this processor's APIC ID as CPUID tells it. Out: EAX. Changes EBX, ECX, EDX.
smp_id:
        mov eax, 1
        cpuid
        mov eax, ebx
        shr eax, 24
        ret
