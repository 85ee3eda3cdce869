; mbr.asm: the first 440 bytes that run. They load stage2 and verify that it is ours.
;
; The BIOS reads LBA 0 to 0000:7C00 and jumps there with DL = the drive. The sector also holds the
; disk signature and the partition table, which belong to the disk and stay as they are.
;
; The order of events:  move to 0000:0600  ->  read the image header (LBA 1), check its magic
;                       ->  read stage2 to 0000:8000, check its magic  ->  jump there, DL = drive

%include "layout.inc"
bits 16
org MBR_ADDR
%ifdef MAPFILE
[map symbols MAPFILE]
%endif

mbr_start:
    cli                         ; SS and SP change together, and an interrupt needs both
    xor     ax, ax
    mov     ss, ax
    mov     sp, BOOT_SECTOR_ADDR
    sti
    mov     ds, ax
    mov     es, ax
    cld
    mov     si, BOOT_SECTOR_ADDR
    mov     di, MBR_ADDR
    mov     cx, SECTOR_SIZE / 2
    rep     movsw               ; 0000:7C00 is where the guest's boot sector will want to be
    jmp     0:mbr_main          ; (some BIOSes start us at 07C0:0000)

; The header and its magic, stage2 and its magic, and the jump to it.
; stage2 starts at 0000:STAGE2_ADDR + STAGE2_ENTRY_OFFSET with DL = the drive, DS = ES = SS = 0 and
; nothing on the stack. Where there is no image of ours: mbr_no_image, which does not come back.
mbr_main:
    mov     eax, LBA_HEADER
    mov     bx, HEADER_ADDR
    call    mbr_read
    cmp     dword [HEADER_ADDR + HEADER_MAGIC_LOW], IMAGE_MAGIC_LOW
    jne     mbr_no_image
    cmp     dword [HEADER_ADDR + HEADER_MAGIC_HIGH], IMAGE_MAGIC_HIGH
    jne     mbr_no_image
    mov     cx, [HEADER_ADDR + HEADER_STAGE2_SECTORS]
    lea     ax, [ecx - 1]       ; 0 sectors would become FFFFh and fail with "too many"
    cmp     ax, (HV_LOAD_ADDR - STAGE2_ADDR) / SECTOR_SIZE
    jae     mbr_no_image
    mov     eax, LBA_STAGE2
    mov     bx, STAGE2_ADDR
.next:
    call    mbr_read
    inc     eax
    add     bx, SECTOR_SIZE
    loop    .next
    cmp     dword [STAGE2_ADDR], STAGE2_MAGIC
    jne     mbr_no_image
    jmp     0:STAGE2_ADDR + STAGE2_ENTRY_OFFSET ; DL is still the drive

; Reads LBA EAX of drive DL to 0000:BX, or says that it could not and halts. Keeps all registers.
mbr_read:
    call    read_sector
    jc      .failed
    ret
.failed:
    mov     al, ah
    aam     16                  ; AH = high digit, AL = low digit
    add     ax, '00'
    cmp     al, '9'
    jbe     .high
    add     al, 'A' - '9' - 1
.high:
    xchg    al, ah
    cmp     al, '9'
    jbe     .store
    add     al, 'A' - '9' - 1
.store:
    mov     [mbr_error_code], ax
    mov     si, mbr_read_text
    jmp     mbr_stop

mbr_no_image:
    mov     si, mbr_no_image_text
mbr_stop:
    lodsb
    test    al, al
    jz      .halt
    mov     ah, 0x0E            ; teletype
    mov     bx, 7
    int     0x10
    jmp     mbr_stop
.halt:
    xchg    bx, bx              ; stops in the Bochs debugger; nothing elsewhere
    cli
    hlt
    jmp     .halt

%include "read_sector.inc"

mbr_no_image_text: db "hv16: no hv16 image after this MBR: write all of it", 13, 10, 0
mbr_read_text:     db "hv16: cannot read the boot drive: BIOS error "
mbr_error_code:    db "00h", 13, 10, 0

mbr_code_size equ $ - mbr_start
%if mbr_code_size > MBR_CODE_MAX
    %error "the MBR's code does not fit before the disk signature"
%endif
    times MBR_CODE_MAX - mbr_code_size db 0

mbr_disk_signature: dd 0        ; this and the table: the image builder fills them, or keeps
                    dw 0        ; what the disk had
mbr_partitions:     times 64 db 0
                    dw BOOT_SIGNATURE
