; segments.asm: what real mode may find in the segment registers after protected mode: a null
; selector is loaded there, CR0.PE is cleared, and real mode loads the register again. Each then
; exits and reads through the register. Natively it prints the same.
%include "lib.inc"

; LOADED sreg: sreg holds a null selector when real mode loads 41h. Bochs leaves the limit 0 then: one
; byte can be read, the low one of the BIOS's equipment word at 41:0, and none be written.
%macro LOADED 1
        cli
        xor bx, bx
        call protected_load
        mov ax, 0x41
        mov %1, ax
        xor eax, eax
        cpuid                           ; an exit, if there is a hypervisor
        mov al, [%1:0]
        mov [ss:seen], al
        mov bx, 0x18                    ; writable data, 64 KiB
        call protected_load
        xor ax, ax
        mov ds, ax
        mov es, ax
        sti
        SHOW16 %str(%1), [seen]
%endmacro

main:
        int 0x11
        xor ah, ah
        SHOW16 "equipment", ax
        LOADED es
        LOADED fs
        LOADED gs
        LOADED ds
        END

; BX to ES, FS, GS and DS in protected mode.
protected_load:
        lgdt [cs:big_gdtr]
        mov eax, cr0
        or al, CR0_PE
        mov cr0, eax
        jmp $ + 2
        mov es, bx
        mov fs, bx
        mov gs, bx
        mov ds, bx
        and al, ~CR0_PE
        mov cr0, eax
        jmp $ + 2
        ret

seen:   dw 0
%include "lib_end.inc"
