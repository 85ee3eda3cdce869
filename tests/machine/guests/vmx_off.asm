; vmx_off.asm: plays a firmware whose set-up has virtualization switched off. A boot sector that
; locks IA32_FEATURE_CONTROL with VMXON disabled, and then boots the floppy.

bits 16
org 0x600

%define IA32_FEATURE_CONTROL 0x3A
%define LOCKED               1

        cli
        xor ax, ax
        mov ss, ax
        mov sp, 0x7C00
        mov ds, ax
        mov es, ax
        cld
        mov si, 0x7C00                  ; out of the way of the floppy's boot sector
        mov di, 0x600
        mov cx, 256
        rep movsw
        jmp 0:moved
moved:
        sti
        mov ecx, IA32_FEATURE_CONTROL
        mov eax, LOCKED
        xor edx, edx
        wrmsr
        mov ax, 0x0201
        mov bx, 0x7C00
        mov cx, 1
        mov dx, 0
        int 0x13
        jc $
        xor dx, dx
        jmp 0:0x7C00
        times 510 - ($ - $$) db 0
        dw 0xAA55
