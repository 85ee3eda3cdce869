; unpack.asm: the hypervisor is packed on disk (tools/hv16/pack.py), so that what the BIOS has to read
; stays below 64 KiB. Here it comes to its place in the block.
;
; Packed are: four bytes, the length of what was packed; then items, in eights, each eight after a
; byte with their flags, the first one's in bit 0.
;   flag 0: one byte as it is
;   flag 1: a word: so many bytes once more that stand so far back in what is unpacked already;
;           bits 11:0 are the distance - 1, bits 15:12 the length - 3. Where the length is greater
;           than the distance, what is being copied repeats itself.
; It has been verified, so nothing is checked any more.

bits 32

hypervisor_unpack:
    mov     esi, HV_LOAD_ADDR
    mov     edi, [INFO(INFO_HV_BASE)]
    lodsd
    lea     ebx, [edi + eax]    ; where it ends
.flags:
    lodsb
    movzx   edx, al
    or      dh, 1               ; a ninth flag, after the eight
.item:
    shr     edx, 1
    jz      .flags              ; that was the ninth
    jc      .copy
    movsb
    jmp     .next
.copy:
    xor     eax, eax
    lodsw
    mov     ecx, eax
    shr     ecx, 12
    add     ecx, 3
    and     eax, 0xFFF
    not     eax                 ; -(distance - 1) - 1
    push    esi
    lea     esi, [edi + eax]
    rep     movsb
    pop     esi
.next:
    cmp     edi, ebx
    jb      .item
    ret
