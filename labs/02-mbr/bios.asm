; bios.asm: a boot sector that plays another BIOS. It hooks INT 13h, reads the MBR of this lab, which
; is at MBR_LBA here, and starts it as a BIOS does.
;
; DRIVE:                  the drive that DL has then. There is no other.
; FAIL_LBA and FAIL_CODE: one sector that cannot be read, and the error code for it.

bits 16
org 0x7C00

%define HIGH 0x8000                     ; this sector moves to 8000:7C00

        cli
        xor ax, ax
        mov ss, ax
        mov sp, 0x7C00
        sti
        mov ds, ax
        cld
        mov si, 0x7C00
        mov di, si
        mov ax, HIGH
        mov es, ax
        mov cx, 512 / 2
        rep movsw
        jmp HIGH:.moved
.moved:
        mov eax, [0x13 * 4]
        mov [cs:old_vector], eax
        mov si, packet
        push cs
        pop ds
        mov ah, 0x42
        mov dl, 0x80
        int 0x13
        jc .halt
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov word [0x13 * 4], disk
        mov [0x13 * 4 + 2], cs
        mov dl, DRIVE
        jmp 0:0x7C00
.halt:  hlt
        jmp .halt

; INT 13h. All is as the BIOS has it, but for the drive's number and the sector that fails.
disk:
        cmp dl, DRIVE
        jne .no_drive
%ifdef FAIL_LBA
        cmp ah, 0x02                    ; the second attempt of one that has failed
        je .bad_sector
        cmp ah, 0x42
        jne .good
        cmp dword [si + 8], FAIL_LBA
        jne .good
.bad_sector:
        mov ah, FAIL_CODE
        jmp .failed
.good:
%endif
        push dx
        mov dl, 0x80
        sti
        pushf
        call far [cs:old_vector]
        pop dx                          ; for AH=08h, too: nobody goes on by that here
        jc .failed
        push bp
        mov bp, sp
        and byte [bp + 6], ~1
        pop bp
        iret
.no_drive:
        mov ah, 0x01                    ; "invalid parameter"
.failed:
        push bp
        mov bp, sp
        or byte [bp + 6], 1
        pop bp
        iret

old_vector: dd 0
packet:     dw 16, 1, 0x7C00, 0         ; size, sectors, offset, segment
            dq MBR_LBA

%if $ - $$ > 440
    %error "the disk signature and the partition table follow"
%endif
