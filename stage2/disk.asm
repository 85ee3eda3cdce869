; disk.asm: reads the options sector and the hypervisor, and verifies what was read.

bits 16
%include "read_sector.inc"

; The MBR has read as many sectors as the header says. Are they the ones that were written?
check_stage2:
    mov     ecx, [HEADER_ADDR + HEADER_STAGE2_BYTES]
    cmp     ecx, stage2_end - stage2_magic
    jne     .bad
    xor     ax, ax
    mov     si, STAGE2_ADDR
    call    adler32
    cmp     eax, [HEADER_ADDR + HEADER_STAGE2_ADLER32]
    jne     .bad
    ret
.bad:
    mov     si, .text
    jmp     fail
.text: db "hv16: stage2 is damaged on disk (wrong length or checksum): write the whole image again", 0

; Options to boot_info, the hypervisor to HV_LOAD_ADDR, LBA 0 to boot_info.
disk_load:
    mov     dl, [INFO(INFO_BOOT_DRIVE)]
    xor     eax, eax            ; LBA 0, for its partition table
    mov     bx, INFO(INFO_MBR)
    call    disk_read
    mov     eax, LBA_OPTIONS
    mov     bx, INFO(INFO_OPTIONS)
    call    disk_read

    movzx   eax, word [HEADER_ADDR + HEADER_STAGE2_SECTORS]
    movzx   ecx, word [HEADER_ADDR + HEADER_HV_SECTORS]
    lea     edi, [eax + ecx]
    cmp     edi, IMAGE_MAX_SECTORS
    ja      .bad_length
    mov     edi, ecx
    shl     edi, 9              ; bytes that the sectors hold
    mov     ebp, [HEADER_ADDR + HEADER_HV_BYTES]
    cmp     ebp, 1
    jb      .bad_length
    cmp     ebp, edi
    ja      .bad_length

    add     eax, LBA_STAGE2     ; right after stage2
    mov     bx, HV_LOAD_ADDR >> 4
    mov     es, bx
    xor     bx, bx
.next:
    call    disk_read
    inc     eax
    add     bx, SECTOR_SIZE
    loop    .next
    push    ds
    pop     es

    mov     ecx, ebp
    mov     ax, HV_LOAD_ADDR >> 4
    xor     si, si
    call    adler32
    cmp     eax, [HEADER_ADDR + HEADER_HV_ADLER32]
    jne     .bad_checksum
    ret
.bad_length:
    mov     si, .length_text
    jmp     fail
.bad_checksum:
    mov     si, .checksum_text
    jmp     fail
.length_text:   db "hv16: the image header is damaged (impossible length): write the whole image again", 0
.checksum_text: db "hv16: the hypervisor is damaged on disk (wrong checksum): write the whole image again", 0

; LBA EAX to ES:BX from drive DL, or the end.
disk_read:
    call    read_sector
    jc      .failed
    ret
.failed:
    push    ax
    mov     si, .text
    call    print
    movzx   eax, byte [INFO(INFO_BOOT_DRIVE)]
    call    print_decimal
    mov     si, .code_text
    call    print
    pop     ax
    movzx   eax, ah
    call    print_decimal
    mov     si, fail_line_end
    jmp     fail
.text:      db "hv16: cannot read all of hv16 from BIOS drive ", 0
.code_text: db ": BIOS error ", 0

; in:  AX:SI = bytes, ECX = how many (at most 64 KiB, not across the segment)
; out: EAX = their Adler-32 (RFC 1950, section 8.2). Keeps all else.
adler32:
    push    ds
    push    ebx
    push    ecx
    push    edx
    push    si
    mov     ds, ax
    mov     ebx, 1              ; EBX = the sum of the bytes, EDX = the sum of the sums,
    xor     edx, edx            ; both modulo 65521
    xor     eax, eax
.next:
    lodsb
    add     ebx, eax
    cmp     ebx, 65521
    jb      .sum
    sub     ebx, 65521
.sum:
    add     edx, ebx
    cmp     edx, 65521
    jb      .count
    sub     edx, 65521
.count:
    dec     ecx
    jnz     .next
    mov     eax, edx
    shl     eax, 16
    or      eax, ebx
    pop     si
    pop     edx
    pop     ecx
    pop     ebx
    pop     ds
    ret
