; stage2.asm: from the MBR to the hypervisor's first instruction. This file is the contents page.
;
; Loaded to 0000:8000 by the MBR, with DL = the boot drive and the image header at HEADER_ADDR.
; It fills struct boot_info (hv/boot.h) step by step, and each step that fails prints one line
; that starts with "hv16: " and halts.

%include "layout.inc"
%define INFO(member) (BOOT_INFO_ADDR + member)
%ifdef MAPFILE
[map symbols MAPFILE]
%endif
org STAGE2_ADDR
bits 16

stage2_magic:
    dd      STAGE2_MAGIC        ; the MBR looks for it, then jumps past it
stage2_start:
%if $ - $$ != STAGE2_ENTRY_OFFSET
    %error "stage2 does not begin where hv/boot.h says"
%endif
    mov     [INFO(INFO_BOOT_DRIVE)], dl
    mov     dword [INFO(INFO_MAGIC)], BOOT_INFO_MAGIC

    call    check_stage2        ; disk.asm:     is all of stage2 here?
    call    check_long_mode     ; longmode.asm: can this processor do 64 bits?
    call    a20_open            ; a20.asm:      make odd MiBs reachable
    call    e820_collect        ; e820.asm:     where is memory?
    call    e820_sort
    call    block_choose        ; block.asm:    where will the hypervisor live?
    call    disk_load           ; disk.asm:     options sector and hypervisor, verified
    jmp     protected_enter     ; longmode.asm: 16 -> 32 bits, comes back at stage2_32

bits 32
stage2_32:
    call    hypervisor_unpack   ; unpack.asm:   from the buffer into the block
    call    paging_build        ; paging.asm:   HV_VIRT, and physical memory
    jmp     long_enter          ; longmode.asm: 32 -> 64 bits, and into hv_entry

%include "print.asm"
%include "disk.asm"
%include "a20.asm"
%include "e820.asm"
%include "block.asm"
%include "unpack.asm"
%include "paging.asm"
%include "longmode.asm"

stage2_end:
%if stage2_end - stage2_magic > HV_LOAD_ADDR - STAGE2_ADDR
    %error "stage2 would reach into the buffer for the hypervisor"
%endif
