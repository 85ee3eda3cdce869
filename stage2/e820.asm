; e820.asm: asks the BIOS where memory is, and sorts the answer by base address.
;
; INT 15h AX=E820h: every PC whose processor can run hv16 has it.
; Source: ACPI specification, "INT 15H, E820H - Query System Address Map".

bits 16

e820_collect:
    mov     dword [INFO(INFO_E820_COUNT)], 0
    xor     ebx, ebx            ; continuation value, 0 to begin
    mov     di, INFO(INFO_E820_ENTRY)
.next:
    mov     dword [di + E820_ENTRY_ATTRIBUTES], 1 ; what a BIOS that stores 20 bytes leaves
    mov     eax, 0xE820
    mov     edx, 'PAMS'         ; "SMAP"
    mov     ecx, E820_ENTRY_SIZE
    int     0x15
    jc      .end                ; an error, or the end on some BIOSes
    cmp     eax, 'PAMS'
    jne     .end
    mov     eax, [di + E820_ENTRY_LENGTH]
    or      eax, [di + E820_ENTRY_LENGTH + 4]
    jz      .empty
    inc     dword [INFO(INFO_E820_COUNT)]
    add     di, E820_ENTRY_SIZE
    cmp     dword [INFO(INFO_E820_COUNT)], E820_MAX
    je      .full
.empty:
    test    ebx, ebx
    jnz     .next
.end:
    mov     si, .no_map
    cmp     dword [INFO(INFO_E820_COUNT)], 0
    je      fail
    ret
.full:                          ; dropping entries could hide a hole in memory: refuse
    test    ebx, ebx
    jz      .end
    mov     si, .too_long
    jmp     fail
.no_map:   db "hv16: the BIOS does not say where memory is (INT 15h AX=E820h)", 0
.too_long: db "hv16: the BIOS reports more memory ranges than hv16 keeps (E820_MAX in hv/model/e820.h)", 0

; Sorts by base, lowest first: swaps neighbours until a pass finds nothing to swap.
e820_sort:
    mov     ecx, [INFO(INFO_E820_COUNT)]
    dec     ecx
    jz      .done
    mov     si, INFO(INFO_E820_ENTRY)
    xor     bx, bx              ; has this pass swapped anything?
.next:
    mov     eax, [si + E820_ENTRY_SIZE + E820_ENTRY_BASE + 4]
    cmp     eax, [si + E820_ENTRY_BASE + 4]
    jne     .compared
    mov     eax, [si + E820_ENTRY_SIZE + E820_ENTRY_BASE]
    cmp     eax, [si + E820_ENTRY_BASE]
.compared:
    jae     .in_order
    call    .swap
    inc     bx
.in_order:
    add     si, E820_ENTRY_SIZE
    loop    .next
    test    bx, bx
    jnz     e820_sort
.done:
    ret

.swap:                          ; the entry at SI and the next one
    pusha
    mov     cx, E820_ENTRY_SIZE / 4
.word:
    mov     eax, [si]
    xchg    eax, [si + E820_ENTRY_SIZE]
    mov     [si], eax
    add     si, 4
    loop    .word
    popa
    ret
