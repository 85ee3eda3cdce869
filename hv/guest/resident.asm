; resident.asm: real-mode code in the guest's memory. See guest/resident.h.
;
; A flat binary, carried inside the hypervisor's image and copied to the top of base memory. It runs
; at offset 0 of whatever segment that is, as part of the guest, and causes no exit.

%include "layout.inc"
%ifdef MAPFILE
[map symbols MAPFILE]
%endif
bits 16
org 0

header:                         ; struct resident_header
    dw      boot
    dw      int15
    dw      resident_end        ; the E820 entries follow the code
    dw      send_init
    dw      int19
    dw      hypercall.instruction
    times RESIDENT_HEADER_SIZE - ($ - header) db 0

; Boots the guest: reads one sector to 0000:7C00, as an MBR does, and jumps there.
boot:
    xor     ax, ax
    mov     ss, ax
    mov     sp, BOOT_SECTOR_ADDR
    mov     ds, ax
    mov     es, ax
    sti
    cld
    cmp     byte [cs:RESIDENT_RESTARTED], 0
    je      .read
    mov     ax, 3               ; 80x25 text, for the guest may have left another mode
    int     0x10
    mov     al, [cs:RESIDENT_STATUS_LINE]
    sub     [BDA_VIDEO_ROWS], al
.read:
    mov     dl, [cs:RESIDENT_BOOT_DRIVE]
    mov     eax, [cs:RESIDENT_BOOT_LBA]
    mov     bx, BOOT_SECTOR_ADDR
    call    read_sector
    mov     ch, ah
    mov     cl, BOOT_FAILED_READ
    jc      .failed
    mov     cl, BOOT_FAILED_SIGNATURE
    cmp     word [BOOT_SECTOR_ADDR + BOOT_SIG_OFFSET], BOOT_SIGNATURE
    jne     .failed
    mov     si, [cs:RESIDENT_BOOT_ENTRY_ADDRESS]
    jmp     0:BOOT_SECTOR_ADDR
.failed:
    mov     ebx, HYPERCALL_BOOT_FAILED
    jmp     hypercall

%include "read_sector.inc"

; INT 15h: what asks for memory is answered here, the rest goes on to the BIOS.
int15:
    cmp     ax, 0xE820
    je      int15_e820
    cmp     ax, 0xE801
    je      int15_e801
    cmp     ax, 0xE881
    je      int15_e881
    cmp     ah, 0x88
    je      int15_88
    jmp     far [cs:RESIDENT_OLD_INT15]

; AX=E820h: EBX = number of the entry, 0 first; ECX = size of the buffer at ES:DI; EDX = "SMAP".
; Source: ACPI specification, "INT 15H, E820H - Query System Address Map".
int15_e820:
    cmp     edx, 'PAMS'
    jne     int15_error
    cmp     ecx, 20
    jb      int15_error
    movzx   eax, word [cs:RESIDENT_MAP_COUNT]
    cmp     ebx, eax
    jae     int15_error
    cmp     ecx, E820_ENTRY_SIZE
    jbe     .size
    mov     ecx, E820_ENTRY_SIZE
.size:
    push    ds
    push    si
    push    di
    push    cx
    imul    si, bx, E820_ENTRY_SIZE
    add     si, [cs:RESIDENT_MAP]
    push    cs
    pop     ds
    cld
    rep     movsb
    pop     cx
    pop     di
    pop     si
    pop     ds
    inc     ebx
    cmp     ebx, eax
    jb      .more
    xor     ebx, ebx            ; that was the last one
.more:
    mov     eax, edx            ; "SMAP"
    jmp     int15_ok

; AX=E801h: AX = CX = KiB from 1 to 16 MiB, BX = DX = 64 KiB units above. E881h: with 32 bits.
int15_e881:
    xor     eax, eax
    xor     ebx, ebx
    xor     ecx, ecx
    xor     edx, edx
int15_e801:
    mov     ax, [cs:RESIDENT_E801_KIB]
    mov     bx, [cs:RESIDENT_E801_BLOCKS]
    mov     cx, ax
    mov     dx, bx
    jmp     int15_ok

; AH=88h: AX = KiB from 1 MiB.
int15_88:
    mov     ax, [cs:RESIDENT_EXTENDED_KIB]

int15_ok:                       ; the caller's carry flag is in the FLAGS that IRET loads
    push    bp
    mov     bp, sp
    and     byte [bp + 6], ~1
    pop     bp
    iret

int15_error:
    mov     ah, 0x86            ; "function not supported"
    push    bp
    mov     bp, sp
    or      byte [bp + 6], 1
    pop     bp
    iret

; INT 19h would boot the first disk, which is hv16's.
int19:
    mov     ebx, HYPERCALL_INT19

hypercall:
    mov     eax, HYPERCALL_MAGIC
.instruction:
    vmcall                      ; or VMMCALL. It does not come back

; bug=sticky-init, hv/init/stage.c: DS is based on the local APIC's page, IF is 0. The INIT ends it.
send_init:
    mov     [LAPIC_ICR_HIGH], ebx
    mov     dword [LAPIC_ICR], LAPIC_ICR_INIT | LAPIC_ICR_ASSERT
    jmp     $

align 8
resident_end:
%if resident_end - header + E820_MAX * E820_ENTRY_SIZE > RESIDENT_SIZE
    %error "the resident and a full memory map do not fit in RESIDENT_SIZE"
%endif
