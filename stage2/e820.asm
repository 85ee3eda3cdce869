; e820.asm: asks the BIOS where memory is, and sorts the answer by base address.
;
; INT 15h AX=E820h knows best. Older machines have only AX=E801h (KiB up to 16 MiB, and 64 KiB
; units above), the oldest only AH=88h (KiB above 1 MiB); their answers are turned into entries.

bits 16

e820_collect:
    mov     dword [INFO(INFO_E820_COUNT)], 0
    mov     byte [INFO(INFO_E820_METHOD)], 0
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
    cmp     dword [INFO(INFO_E820_COUNT)], 0
    je      e801_collect
    ret
.full:                          ; dropping entries could hide a hole in memory: refuse
    test    ebx, ebx
    jz      .end
    mov     si, .text
    jmp     fail
.text: db "hv16: the BIOS reports more memory ranges than hv16 keeps (E820_MAX in hv/mem/e820.h)", 0

e801_collect:
    call    base_memory
    mov     byte [INFO(INFO_E820_METHOD)], 1
    xor     cx, cx
    xor     dx, dx
    mov     ax, 0xE801
    int     0x15
    jc      old_collect
    test    cx, cx              ; some answer in CX and DX, some only in AX and BX
    jnz     .have
    mov     cx, ax
    mov     dx, bx
.have:
    movzx   eax, cx             ; KiB from 1 MiB
    shl     eax, 10
    mov     ecx, 0x100000
    push    dx
    call    add_usable
    pop     dx
    movzx   eax, dx             ; 64 KiB units from 16 MiB
    shl     eax, 16
    mov     ecx, 0x1000000
    jmp     add_usable

old_collect:
    mov     byte [INFO(INFO_E820_METHOD)], 2
    mov     ah, 0x88
    int     0x15
    jc      .none
    movzx   eax, ax
    shl     eax, 10
    mov     ecx, 0x100000
    jmp     add_usable
.none:
    mov     si, .text
    jmp     fail
.text: db "hv16: the BIOS does not say how much memory there is (INT 15h E820h, E801h, 88h)", 0

base_memory:
    int     0x12                ; AX = KiB below the EBDA
    movzx   eax, ax
    shl     eax, 10
    xor     ecx, ecx

; ECX = base, EAX = length: one more usable entry, if it is not empty.
add_usable:
    test    eax, eax
    jz      .done
    imul    edi, [INFO(INFO_E820_COUNT)], E820_ENTRY_SIZE
    add     edi, INFO(INFO_E820_ENTRY)
    mov     [edi + E820_ENTRY_BASE], ecx
    mov     dword [edi + E820_ENTRY_BASE + 4], 0
    mov     [edi + E820_ENTRY_LENGTH], eax
    mov     dword [edi + E820_ENTRY_LENGTH + 4], 0
    mov     dword [edi + E820_ENTRY_TYPE], E820_USABLE
    mov     dword [edi + E820_ENTRY_ATTRIBUTES], 1
    inc     dword [INFO(INFO_E820_COUNT)]
.done:
    ret

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

.swap:                          ; the entry at SI and the one behind it
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
