; bigreal.asm: the demo "bigreal": real mode with segment limits of 4 GiB.
;
; Loading a segment register in real mode sets only its base; the limit stays what it was. So a
; short visit to protected mode, to load a flat descriptor, is all it takes to reach 4 GiB with
; 32-bit offsets afterwards. Many BIOSes and boot loaders live on it, hence a hypervisor must keep
; the limits over every VM exit. SDM volume 3, "Switching Back to Real-Address Mode" (3A 9.9.2).

%define BIGREAL_ADDRESS 0x200000
%define BIGREAL_PATTERN 0x5A1616A5
%define BIGREAL_CPUIDS  10

%define BIGREAL_CODE    0x08    ; selectors of bigreal_gdt
%define BIGREAL_FLAT    0x10
%define BIGREAL_64K     0x18

section .bss
                alignb 4
bigreal_before: resd 1          ; what lies at BIGREAL_ADDRESS
bigreal_probe:  resd 1

section .text

                align 8, db 0
bigreal_gdt:    dq 0
                dq 0x00009A000000FFFF   ; 16-bit code, base 0, 64 KiB
                dq SEGMENT_DATA         ; data, base 0, 4 GiB
                dq 0x000092000000FFFF   ; data, base 0, 64 KiB
bigreal_gdtr:   dw bigreal_gdtr - bigreal_gdt - 1
                dd bigreal_gdt

; DS, ES, FS and GS get limits of 4 GiB (bigreal_enter) or 64 KiB (bigreal_leave) and base 0.
; Keep all registers.
bigreal_enter:
        push BIGREAL_FLAT
        jmp bigreal_switch
bigreal_leave:
        push BIGREAL_64K
bigreal_switch:
        pushf
        pushad
        mov bp, sp
        mov bx, [bp + 34]       ; the selector, below 8 dwords and the flags
        cli
        lgdt [bigreal_gdtr]
        mov eax, cr0
        or al, 1                ; PE
        mov cr0, eax
        jmp BIGREAL_CODE:.protected
.protected:
        mov ds, bx
        mov es, bx
        mov fs, bx
        mov gs, bx
        mov eax, cr0
        and al, ~1
        mov cr0, eax
        jmp 0:.real
.real:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        popad
        popf
        add sp, 2
        ret

; Out: carry set if A20 is closed: then bit 20 of every address reads as 0, and two addresses 1 MiB
; apart are one. In big real mode only. Keeps all registers.
a20_is_open:
        pushad
        mov esi, bigreal_probe
        mov edi, bigreal_probe + 0x100000
        mov dword [fs:esi], 0x12345678
        cmp dword [fs:edi], 0x12345678
        jne .open               ; else it may have been so by chance: once more
        mov dword [fs:esi], 0x87654321
        cmp dword [fs:edi], 0x87654321
        jne .open
        popad
        stc
        ret
.open:
        popad
        clc
        ret

; Opens A20 by the BIOS and enters big real mode. Out: carry set if A20 is closed all the same.
bigreal_start:
        mov ax, 0x2401
        int 0x15
        call bigreal_enter
        jmp a20_is_open

demo_bigreal:
        call bigreal_have_memory
        jc .too_small
        call bigreal_leave
        mov esi, BIGREAL_ADDRESS
        SAY `  With ordinary limits of 64 KiB, FS:[200000h] is beyond the end: `
        TRY mov eax, [fs:esi]
        call bigreal_limits_checked
        call bigreal_open
        call bigreal_after_cpuid
        call bigreal_after_bios
        mov eax, [bigreal_before]
        TRY mov [fs:esi], eax
        jmp bigreal_leave
.too_small:
        call demo_skip
        db "there is no memory at 200000h", 0
        ret

; From here on ESI = BIGREAL_ADDRESS.
bigreal_open:
        SAY `  A20 gate, opened by INT 15h AX=2401h: memory does not wrap at 1 MiB`
        call bigreal_start
        CHECK nc, "the A20 gate stays closed"

        mov dword [bigreal_before], 0
        TRY mov eax, [fs:esi]
        cmp byte [trap_vector], 0
        jne .no_access
        mov [bigreal_before], eax
        mov eax, BIGREAL_PATTERN
        TRY mov [fs:esi], eax
.no_access:
        SAY `  Limits of 4 GiB by way of protected mode; wrote 5A1616A5h`
        call bigreal_read
        CHECK e, "memory above 1 MiB could not be read and written"
        ret

bigreal_after_cpuid:
        mov bp, BIGREAL_CPUIDS
.cpuid:
        xor eax, eax
        cpuid
        dec bp
        jnz .cpuid
        mov esi, BIGREAL_ADDRESS
        SAY `  After 10 CPUID instructions (VM exits under hv16)`
        call bigreal_read
        CHECK e, "the 4 GiB limits did not survive CPUID"
        ret

bigreal_after_bios:
        mov ah, 0x03
        xor bh, bh
        int 0x10
        SAY `  After INT 10h`
        call bigreal_read
        CHECK e, "the 4 GiB limits did not survive INT 10h"

        call memory_read_map
        SAY `  After INT 15h AX=E820h`
        call bigreal_read
        CHECK e, "the 4 GiB limits did not survive INT 15h"

        mov eax, 1
        mov bx, sector_buffer
        call disk_read
        SAY `  After INT 13h`
        call bigreal_read
        je .kept
        SAY `: this BIOS goes through protected mode itself, as it may`
        cmp byte [trap_vector], VECTOR_GP       ; the only excuse
        call bigreal_enter
.kept:
        CHECK e, "memory above 1 MiB changed"
        ret

; Judges the access beyond 64 KiB. Emulators exist that check no limits (QEMU's TCG is one); they
; have no VMX, so under hv16 that is no excuse.
bigreal_limits_checked:
        call say_trap
        cmp byte [trap_vector], VECTOR_GP
        je .verdict
        cmp byte [hv_present], 0
        jne .verdict            ; ZF is clear
        SAY `, unchecked here\n`
        ret
.verdict:
        CHECK e, "an access beyond 64 KiB did not fault"
        ret

; Prints what FS:[ESI] reads as. Out: ZF set if that is the pattern.
bigreal_read:
        xor eax, eax
        TRY mov eax, [fs:esi]
        cmp byte [trap_vector], 0
        jne .fault
        SAY `: read `
        call say_hex32
        SAY `h`
        jmp .compare
.fault:
        SAY `: `
        call say_trap
.compare:
        cmp eax, BIGREAL_PATTERN
        ret

; Out: carry set if the map says that there is no memory to play with.
bigreal_have_memory:
        call memory_read_map
        cmp word [memory_count], 1
        cmc
        jnc .done               ; no map: this BIOS is too old to ask, so try
        mov eax, BIGREAL_ADDRESS
        lea edx, [eax + 4]
        call memory_is_ram
.done:
        ret
