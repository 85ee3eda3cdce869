; firmware.asm: plays another firmware than the one that is there. A boot sector that changes what
; it says on the command line of nasm, and then boots the floppy:
;   -DVMX_OFF        IA32_FEATURE_CONTROL locked, VMXON disabled, as by a switch of the set-up
;   -DNO_E820        INT 15h does not know AX=E820h
;   -DMAP_WILD       INT 15h E820h: out of order, overlapping, with an empty range
;   -DMAP_LONG       INT 15h E820h: more ranges than anybody keeps
;   -DNO_TABLES      no ACPI tables: the signature that leads to them is wiped out
;   -DTABLES         ACPI tables of three processors, for firmware that has none
;   -DAP_VMX_OFF     as VMX_OFF, on the processor with APIC ID 1 alone
;   -DAP_DEAF        the processor with APIC ID 1 is in VMX operation, where INITs and SIPIs are blocked
;   -DA20_CLOSED     the A20 gate is closed; -DNO_2401: and INT 15h 2401h does not open it
; It stays behind at the top of base memory, one KiB of which it takes.

%include "x86.inc"

bits 16
org 0

%define BASE_MEMORY          0x413      ; KiB
%define EBDA                 0x40E      ; its segment
%define INT15                (0x15 * 4)

        cli
        cld
        xor ax, ax
        mov ss, ax
        mov sp, 0x7C00
        mov ds, ax
        mov ax, [BASE_MEMORY]
        dec ax
        mov [BASE_MEMORY], ax
        shl ax, 6                       ; KiB to paragraphs
        mov es, ax
        mov si, 0x7C00
        xor di, di
        mov cx, 256
        rep movsw
        push es
        push word moved
        retf
moved:
        mov eax, [INT15]
        mov [cs:old_int15], eax
        mov word [INT15], int15
        mov [INT15 + 2], cs
        sti
%ifdef VMX_OFF
        mov ecx, MSR_IA32_FEATURE_CONTROL
        mov eax, FEATURE_CONTROL_LOCK
        xor edx, edx
        wrmsr
%endif
%ifdef NO_TABLES
        call wipe_tables
%endif
%ifdef TABLES
        call plant_tables
%endif
%ifdef AP_VMX_OFF
        call start_second
%elifdef AP_DEAF
        call start_second
%endif
%ifdef A20_CLOSED
        in al, PORT_SYSTEM_A
        and al, ~3
        out PORT_SYSTEM_A, al
%endif
        xor ax, ax
        mov es, ax
        mov ax, 0x0201
        mov bx, 0x7C00
        mov cx, 1
        mov dx, 0
        int 0x13
        jc $
        xor dx, dx
        jmp 0:0x7C00

%macro REFUSE 2                         ; register, value
        cmp %1, %2
        je int15_error
%endmacro

int15:
%ifdef NO_E820
        REFUSE ax, 0xE820
%endif
%ifdef NO_2401
        REFUSE ax, 0x2401
%endif
%ifdef MAP_WILD
        cmp ax, 0xE820
        je e820_wild
%elifdef MAP_LONG
        cmp ax, 0xE820
        je e820_long
%endif
        jmp far [cs:old_int15]

int15_error:
        mov ah, 0x86
        stc
        retf 2
old_int15: dd 0

%ifdef MAP_LONG
e820_long:                              ; page EBX, which is reserved
        mov eax, ebx
        shl eax, 13
        mov [es:di], eax
        mov dword [es:di + 4], 0
        mov dword [es:di + 8], 0x1000
        mov dword [es:di + 12], 0
        mov dword [es:di + 16], 2
        inc ebx
        jmp e820_done
%endif

%ifdef MAP_WILD
e820_wild:
        push si
        push cx
        imul si, bx, 20
        add si, wild
        mov cx, 10
        push di
        cs rep movsw                    ; 20 bytes, the old form
        pop di
        pop cx
        pop si
        inc ebx
        cmp ebx, (wild_end - wild) / 20
        jb e820_done
        xor ebx, ebx
        jmp e820_done
%macro RANGE 3                          ; base, length, type
        dq %1, %2
        dd %3
%endmacro
wild:   RANGE 0x0100000, 0x3E00000, 1
        RANGE 0x3800000, 0x0010000, 2   ; inside the one above
        RANGE 0x0000000, 0x009F000, 1
        RANGE 0x0005000, 0x0000000, 2   ; empty
        RANGE 0x00F0000, 0x0010000, 2
        RANGE 0x3C00000, 0x0200000, 3   ; inside the first as well, where a block would fit
        RANGE 0x009F000, 0x0001000, 2
wild_end:
%endif

e820_done:
        mov eax, 'PAMS'
        mov ecx, 20
        clc
        retf 2


; --- Processors ------------------------------------------------------------------------------------

%ifdef TABLES
; In the first KiB of the extended BIOS data area, where ACPI lets a BIOS put the pointer to its
; tables; from 60h to 120h SeaBIOS has nothing there.
plant_tables:
        mov ax, [EBDA]
        add ax, 0x60 / 16
        mov es, ax
        mov si, tables
        xor di, di
        mov cx, tables_end - tables
        cs rep movsb
        movzx eax, ax
        shl eax, 4
        add [es:rsdt_address - tables], eax
        add [es:madt_address - tables], eax
        mov di, rsdp - tables
        mov cx, 20
        mov si, 8
        call add_up
        mov di, rsdt - tables
        mov cx, rsdt_end - rsdt
        mov si, 9
        call add_up
        mov di, madt - tables
        mov cx, tables_end - madt
add_up:                                 ; CX bytes at ES:DI are to add up to 0; the sum is at DI + SI
        mov bx, di
        xor al, al
.next:  sub al, [es:di]
        inc di
        loop .next
        mov [es:bx + si], al
        ret
%macro HEADER 2                         ; signature, length; the rest is who made it
        db %1
        dd %2
        times 28 db 0
%endmacro
tables:
rsdp:   db "RSD PTR ", 0, "hv16  ", 0
rsdt_address: dd rsdt - tables
        times 12 db 0
rsdt:   HEADER "RSDT", rsdt_end - rsdt
madt_address: dd madt - tables
rsdt_end:
madt:   HEADER "APIC", tables_end - madt
        dd APIC_BASE_DEFAULT, 1
%assign ID 0
%rep 3
        db 0, 8, ID, ID                 ; a local APIC
        dd 1                            ; it is enabled
%assign ID ID + 1
%endrep
tables_end:
%if tables_end - tables > 0x120 - 0x60
    %error "the tables have outgrown their place"
%endif
%endif

%ifdef NO_TABLES
; From E000:0 to the end of the first MiB. The chipset (i440FX, PAM registers 59h and 5Eh) has to
; let writes through to the memory that has the BIOS.
wipe_tables:
        mov eax, 0x80000058
        call pci
        in eax, dx
        or ah, 0x30
        out dx, eax
        mov eax, 0x8000005C
        call pci
        in eax, dx
        or eax, 0x33330000
        out dx, eax
        mov ax, 0xE000
.next:
        mov ds, ax
        cmp dword [0], "RSD "
        jne .keep
        mov dword [0], "----"
.keep:
        inc ax
        jnz .next
        mov ds, ax
        ret
pci:
        mov dx, PORT_PCI_ADDRESS
        out dx, eax
        mov dx, 0xCFC
        ret
%endif

%ifdef AP_VMX_OFF
%define START_SECOND
%elifdef AP_DEAF
%define START_SECOND
%endif
%ifdef START_SECOND
%define AP_PAGE         0x60            ; the vector of its SIPI
%define AP_TABLES       0x70000         ; one page for paging, one for VMXON

; By INIT, SIPI: it goes on at `second` and halts.
start_second:
        mov ax, AP_PAGE << 8
        mov es, ax
        mov byte [es:0], 0xEA
        mov word [es:1], second
        mov [es:3], cs
        cli
        lgdt [cs:gdt_pointer]           ; big limits for FS, to reach the APIC
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 8
        mov fs, bx
        and al, 0xFE
        mov cr0, eax
        mov ebx, APIC_BASE_DEFAULT + LAPIC_ICR
        mov dword [fs:ebx + 0x10], 1 << 24
        mov dword [fs:ebx], LAPIC_ICR_INIT | LAPIC_ICR_ASSERT
        call pause
        mov dword [fs:ebx], LAPIC_ICR_STARTUP | LAPIC_ICR_ASSERT | AP_PAGE
        call pause
        sti
        ret
pause:  mov ecx, 100000
        a32 loop $
        ret
second:
        cli
        mov ax, cs
        mov ds, ax
        mov ecx, MSR_IA32_FEATURE_CONTROL
%ifdef AP_VMX_OFF
        mov eax, FEATURE_CONTROL_LOCK
        xor edx, edx
        wrmsr
%else
        rdmsr
        test al, FEATURE_CONTROL_LOCK
        jnz .locked
        mov al, 5
        wrmsr
.locked:
        mov ax, AP_TABLES >> 4
        mov es, ax
        mov dword [es:0], 0x83          ; 4 MiB, identity mapped
        mov ecx, 0x480                  ; IA32_VMX_BASIC: the revision
        rdmsr
        mov [es:0x1000], eax
        mov eax, 0x2010                 ; VMXE, PSE
        mov cr4, eax
        mov eax, AP_TABLES
        mov cr3, eax
        mov eax, 0x80000031             ; PG, NE, ET, PE
        mov cr0, eax
        vmxon [vmxon_region]
%endif
.halt:  hlt
        jmp .halt
vmxon_region:   dq AP_TABLES + 0x1000
gdt:            dq 0, 0x008F92000000FFFF
gdt_pointer:    dw gdt_pointer - gdt - 1
                dd 0x7C00 + gdt         ; this sector is still there, too
%endif

        times 510 - ($ - $$) db 0
        dw 0xAA55