; segments64.asm: SS holds a null selector, which 64-bit code with CPL 0 may load, and so do the others.
; From there by way of compatibility mode and protected mode to real mode, which loads SS again, with
; an exit at each stop. None but 64-bit mode can use such a stack. Natively it prints the same.
%include "lib.inc"
%include "pm.inc"
%include "long.inc"

; EXITS WHERE: exits by CPUID and by another CR0.NE, and what came of them. Needs no stack.
%macro EXITS 1
%if __BITS__ == 64
%define WIDE rax
%else
%define WIDE eax
%endif
        xor eax, eax
        cpuid
        mov [%1], ebx
        mov WIDE, cr0
        xor eax, CR0_NE
        mov cr0, WIDE
        mov [%1 + 4], ss
%endmacro

main:
        call faults_catch
        int 0x11
        movzx eax, al
        SHOW "equipment", eax
        call enter32
bits 32
        call long_tables
        LONG_ENTER
        mov [own_esp], esp
        xor eax, eax
        mov ss, eax
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        EXITS seen_long
        xor eax, eax
        TRY64 vmcall                    ; an exit that becomes an exception, #UD
        mov eax, [abs fault]
        mov [abs long_fault], eax
        LONG_TO_32
        EXITS seen_compatibility
        LONG_OFF
        EXITS seen_protected
        jmp SEL_CODE16:.code16
bits 16
.code16:
        mov ax, SEL_DATA16
        mov ds, ax
        mov eax, cr0
        and al, ~CR0_PE
        mov cr0, eax
        jmp 0:.real
.real:
        xor ax, ax
        mov ds, ax
        EXITS seen_real                      ; SS is null still
        mov ax, 0x41
        mov ss, ax
        EXITS seen_loaded
        xor ebx, ebx
        mov bl, [ss:0]                  ; Bochs leaves the limit 0: one byte, of the equipment word
        mov [seen_byte], ebx
        mov eax, cr0                    ; a stack that can be used, and real mode as it was
        or al, CR0_PE
        mov cr0, eax
        mov bx, SEL_DATA16
        mov ss, bx
        mov es, bx
        mov fs, bx
        mov gs, bx
        and al, ~CR0_PE
        mov cr0, eax
        xor ax, ax
        mov ss, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov esp, [own_esp]
        lidt [real_idtr]
        sti
        SHOW "long", [seen_long]
        SHOW "long_ss", [seen_long + 4]
        SHOW "long_fault", [long_fault]
        SHOW "compatibility", [seen_compatibility]
        SHOW "compatibility_ss", [seen_compatibility + 4]
        SHOW "protected", [seen_protected]
        SHOW "protected_ss", [seen_protected + 4]
        SHOW "real", [seen_real]
        SHOW "real_ss", [seen_real + 4]
        SHOW "loaded", [seen_loaded]
        SHOW "loaded_ss", [seen_loaded + 4]
        SHOW "seen", [seen_byte]
        END

align 8
own_esp:        dd 0
seen_long:           dq 0
long_fault:    dd 0
seen_compatibility:  dq 0
seen_protected:      dq 0
seen_real:           dq 0
seen_loaded:         dq 0
seen_byte:           dd 0xFFFFFFFF
%include "lib_end.inc"
