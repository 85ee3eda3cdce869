; block.asm: chooses the hypervisor's 2 MiB of physical memory.
;
; The block is the highest 2 MiB below 4 GiB that start at a multiple of 2 MiB and that the BIOS
; calls usable throughout: high, to leave guests their low memory in one piece; a multiple of
; 2 MiB, so that its first MiB is an even one (see HV_BLOCK_SIZE in hv/layout.h).

bits 16

block_choose:
    xor     edi, edi            ; EDI = the best base so far
    mov     ecx, [INFO(INFO_E820_COUNT)]
    mov     si, INFO(INFO_E820_ENTRY)
.entry:
    cmp     dword [si + E820_ENTRY_TYPE], E820_USABLE
    jne     .skip
    cmp     dword [si + E820_ENTRY_BASE + 4], 0
    jne     .skip               ; above 4 GiB
    mov     eax, [si + E820_ENTRY_BASE]
    add     eax, [si + E820_ENTRY_LENGTH]
    mov     edx, 0
    adc     edx, [si + E820_ENTRY_LENGTH + 4]
    jz      .below_4g
    mov     eax, -HV_BLOCK_SIZE ; it reaches beyond: its part below 4 GiB counts
    jmp     .check
.below_4g:                      ; EAX = its end
    and     eax, ~(HV_BLOCK_SIZE - 1)
    jz      .skip
.candidate:
    sub     eax, HV_BLOCK_SIZE
.check:
    jz      .skip               ; never the 2 MiB at 0: BIOS, boot sectors and stage2 are there
    cmp     eax, [si + E820_ENTRY_BASE]
    jb      .skip
    call    block_is_free
    jc      .candidate          ; another entry lies across it: 2 MiB lower, then
    cmp     eax, edi
    jbe     .skip
    mov     edi, eax
.skip:
    add     si, E820_ENTRY_SIZE
    loop    .entry
    test    edi, edi
    jz      .none
    mov     [INFO(INFO_HV_BASE)], edi
    mov     dword [INFO(INFO_HV_BASE) + 4], 0
    ret
.none:
    mov     si, .text
    jmp     fail
.text: db "hv16: too little memory: hv16 needs 2 MiB at a multiple of 2 MiB, from 2 MiB upwards", 0

; EAX = candidate. CF set: an entry that is not usable memory overlaps it (BIOSes do report
; overlapping ranges). Keeps all registers.
block_is_free:
    pushad
    mov     ecx, [INFO(INFO_E820_COUNT)]
    mov     si, INFO(INFO_E820_ENTRY)
    lea     ebp, [eax + HV_BLOCK_SIZE - 1] ; the candidate's last byte
.entry:
    cmp     dword [si + E820_ENTRY_TYPE], E820_USABLE
    je      .skip
    cmp     dword [si + E820_ENTRY_BASE + 4], 0
    jne     .skip
    cmp     [si + E820_ENTRY_BASE], ebp
    ja      .skip               ; begins past the candidate
    mov     edx, [si + E820_ENTRY_BASE]
    add     edx, [si + E820_ENTRY_LENGTH]
    mov     ebx, 0
    adc     ebx, [si + E820_ENTRY_LENGTH + 4]
    jnz     .overlap            ; ends above 4 GiB
    cmp     edx, eax
    ja      .overlap
.skip:
    add     si, E820_ENTRY_SIZE
    loop    .entry
    popad
    clc
    ret
.overlap:
    popad
    stc
    ret
