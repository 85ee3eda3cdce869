; boot.asm: the volume boot record, sector 0 of the partition or disk.
;
; In: linear 7C00h, DL = BIOS drive number. It loads sector 1, learns from its header how many
; sectors there are, loads those after it, and jumps. Silent unless something fails.
;
; boot_hidden is where every DOS boot record keeps "hidden sectors": the LBA of this very sector.
; Whoever writes guest16 into a partition patches it; 0 is right for a whole disk or a floppy.

%define DISK_TRIES 3

section .boot

boot_record:
        jmp short boot_start
        nop
        db "GUEST16 "
        dw SECTOR_SIZE
        times 0x18 - ($ - $$) db 0
boot_track_sectors:     dw 18   ; a floppy's geometry, until INT 13h AH=08h knows better
boot_heads:             dw 2
boot_hidden:            dd 0    ; at 1Ch
boot_drive:             db 0

boot_start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, STACK_TOP
        sti
        cld
        jmp 0:.cs_is_zero       ; some BIOSes start a boot record at 07C0:0000
.cs_is_zero:
        mov [boot_drive], dl

        xor eax, eax
        inc ax                  ; sector 1: the header
        mov bx, MAIN_ADDR
        call disk_read
        jc boot_read_failed
        cmp dword [header_magic], "GUES"
        jne boot_not_guest16
        cmp dword [header_magic + 4], "T16"
        jne boot_not_guest16
.next:
        inc ax
        add bx, SECTOR_SIZE
        cmp ax, [header_sectors]
        jae .loaded
        call disk_read
        jnc .next
        jmp boot_read_failed
.loaded:
        jmp 0:main_start

; disk_read: one sector of this volume. In: EAX = sector, counted from the boot record,
; BX = where to, in segment 0. Out: carry set if it could not be read, disk_status says why.
; Each try asks for the sector by LBA, then by cylinder, head and sector; between tries the drive
; is reset, because floppies commonly need that for a first read.
disk_read:
        pushad
        add eax, [boot_hidden]
        mov [disk_packet.lba], eax
        mov [disk_packet.offset], bx
        mov byte [disk_tries], DISK_TRIES
.try:
        call disk_read_lba
        jnc .done
        call disk_read_chs
        jnc .done
        xor ah, ah
        call disk_bios
        dec byte [disk_tries]
        jnz .try
        stc
.done:
        popad
        ret

; Both ways: carry set on failure. What a BIOS destroys is not kept.
disk_read_lba:
        mov byte [disk_method], "L"
        mov ah, 0x41            ; are the INT 13h extensions there?
        mov bx, 0x55AA
        call disk_bios
        jc .absent
        cmp bx, 0xAA55
        jne .absent
        test cl, 1              ; the ones with packets
        jz .absent
        mov word [disk_packet.count], 1         ; a BIOS stores here how many it read
        mov si, disk_packet
        mov ah, 0x42
        jmp disk_bios_status
.absent:
        stc
        ret

disk_read_chs:
        mov byte [disk_method], "C"
        push es
        mov ah, 0x08            ; the drive's geometry
        xor di, di
        call disk_bios
        pop es
        jc .geometry_known
        and cx, 0x3F
        jz .geometry_known
        mov [boot_track_sectors], cx
        mov dl, dh
        xor dh, dh
        inc dx
        mov [boot_heads], dx
.geometry_known:
        mov eax, [disk_packet.lba]
        xor edx, edx
        movzx ecx, word [boot_track_sectors]
        div ecx
        inc dx                  ; sectors count from 1
        push dx
        xor edx, edx
        movzx ecx, word [boot_heads]
        div ecx
        pop cx                  ; CL = sector, DX = head, EAX = cylinder
        cmp eax, 1023
        ja disk_read_lba.absent ; out of reach of CHS
        mov dh, dl
        mov ch, al
        shl ah, 6
        or cl, ah               ; bits 9:8 of the cylinder
        mov bx, [disk_packet.offset]
        mov ax, 0x0201

; INT 13h on our drive; the first way notes its status.
disk_bios_status:
        call disk_bios
        mov [disk_status], ah
        ret
disk_bios:
        mov dl, [boot_drive]
        int 0x13
        ret

boot_read_failed:
        mov si, boot_text_read
        jmp boot_stop
boot_not_guest16:
        mov si, boot_text_magic

; Prints the text at SI on the screen (COM1 is not set up yet) and halts. In it, BYTE_AT and an
; address stand for that byte in hex.
%define BYTE_AT 1
boot_stop:
        lodsb
        cmp al, BYTE_AT
        jb .end
        ja .char
        lodsw
        xchg ax, bx
        mov al, [bx]
        call boot_hex
        jmp boot_stop
.char:
        call boot_put
        jmp boot_stop
.end:
        xchg bx, bx             ; Bochs stops here if it was told to
.halt:
        cli
        hlt
        jmp .halt

boot_hex:                       ; AL as two digits
        push ax
        shr al, 4
        call .digit
        pop ax
        and al, 0x0F
.digit:
        add al, "0"
        cmp al, "9"
        jbe boot_put
        add al, "A" - "9" - 1
boot_put:
        mov ah, 0x0E
        mov bx, 7
        int 0x10
        ret

boot_text_read:
        db "guest16: drive ", BYTE_AT
        dw boot_drive
        db "h, LBA ", BYTE_AT
        dw disk_packet.lba + 1
        db BYTE_AT
        dw disk_packet.lba
        db "h: read error ", BYTE_AT
        dw disk_status
        db "h, check the disk", 13, 10, 0
boot_text_magic:
        db "guest16: no guest16 in sector 1, write it again", 13, 10, 0

disk_packet:
        db 16, 0
.count: dw 1
.offset: dw 0
        dw 0                    ; segment
.lba:   dq 0
disk_tries:     db 0
disk_status:    db 0            ; AH of the last INT 13h that read
disk_method:    db 0            ; "L" or "C": how the last sector came

        times BOOT_SIG_OFFSET - ($ - $$) db 0
        dw BOOT_SIGNATURE
