; bios.asm: the demo "bios": the services of the machine's own BIOS.
;
; hv16 emulates no BIOS and no device. The guest's INT instructions run the real one, natively; only
; the answers about memory differ, since the hypervisor's block must not look free.

%define BDA_TICKS       0x46C   ; dword: timer ticks since midnight, 18.2 a second
%define BDA_KEYS_HEAD   0x41A   ; words: equal while no key waits
%define BDA_KEYS_TAIL   0x41C
%define TICK_POLLS      4000000 ; of port 61h: a second or more on any machine
%define TICK_WAKEUPS    1000    ; by whatever interrupts before the tick changes
%define ONE_MIB         0x100000
%define SIXTEEN_MIB     0x1000000

section .bss
                alignb 4
sector_buffer:  resb SECTOR_SIZE

section .text

demo_bios:
        call bios_screen
        call bios_disk
        call bios_map
        call bios_e801
        call bios_88
        call bios_keyboard
        jmp bios_timer

bios_screen:
        SAY `  INT 10h AH=0Eh: one character moves the cursor`
        call bios_cursor
        mov cx, dx              ; DH row, DL column
        push cx
        mov ax, (0x0E << 8) | "*"
        mov bx, 7
        int 0x10
        call bios_cursor
        pop cx
        push dx
        mov dx, cx              ; AH=02h puts it back
        push cx
        mov ah, 0x02
        xor bh, bh
        int 0x10
        pop cx
        pop dx
        SAY ` from column `
        movzx eax, cl
        call say_decimal
        SAY ` to `
        mov al, dl
        call say_decimal
        inc cx
        cmp cx, dx
        CHECK e, "INT 10h did not move the cursor by one"
        ret

bios_cursor:                    ; out: DX; keeps nothing else
        mov ah, 0x03
        xor bh, bh
        int 0x10
        ret

bios_disk:
        mov eax, 1
        mov bx, sector_buffer
        call disk_read
        cmp byte [disk_method], "L"
        jne .chs
        SAY `  INT 13h AH=42h (by LBA)`
        jmp .compare
.chs:
        SAY `  INT 13h AH=02h (this drive has no AH=42h)`
.compare:
        SAY `: sector 1 of our disk, status `
        mov al, [disk_status]
        call say_hex8
        SAY `h`
        mov si, sector_buffer   ; against the copy in memory
        mov di, header_magic
        mov cx, 64 / 2
        repe cmpsw
        CHECK e, "INT 13h did not read what is on the disk"
        ret

bios_map:
        SAY `  INT 15h AX=E820h: the memory map: base, length, type\n`
        call memory_read_map
        mov si, memory_map
        mov cx, [memory_count]
        jcxz .none
.next:
        call bios_map_line
        add si, MAP_ENTRY
        loop .next
        SAY `    `
        movzx eax, word [memory_count]
        call say_decimal
        SAY ` entries`
        test ax, ax
        CHECK nz, "unreachable"
        ret
.none:
        SAY `  no entry at all`
        test cx, cx
        CHECK nz, "this BIOS has no INT 15h AX=E820h"
        ret

; In: SI = an entry.
bios_map_line:
        SAY `    `
        mov eax, [si + E820_ENTRY_BASE + 4]
        call say_hex32
        mov eax, [si + E820_ENTRY_BASE]
        call say_hex32
        SAY ` `
        mov eax, [si + E820_ENTRY_LENGTH + 4]
        call say_hex32
        mov eax, [si + E820_ENTRY_LENGTH]
        call say_hex32
        SAY ` `
        mov eax, [si + E820_ENTRY_TYPE]
        call say_decimal
        dec eax
        cmp eax, 4
        jae .unnamed
        mov bx, ax
        shl bx, 1
        push si
        mov si, [memory_types + bx]
        call say_text
        pop si
.unnamed:
        SAY `\n`
        ret

memory_types:   dw .usable, .reserved, .acpi, .nvs
.usable:        db " usable", 0
.reserved:      db " reserved", 0
.acpi:          db " ACPI tables", 0
.nvs:           db " ACPI non-volatile", 0

; The two older calls can only name amounts from 1 MiB and from 16 MiB upwards. What they promise
; must be memory in the map too, or a program that uses them takes what is not free.
bios_e801:
        SAY `  INT 15h AX=E801h: `
        xor cx, cx
        xor dx, dx
        mov ax, 0xE801
        int 0x15
        jc .no_e801
        test ax, ax             ; a BIOS may answer in CX and DX only
        jnz .have_e801
        mov ax, cx
        mov bx, dx
.have_e801:
        movzx eax, ax
        movzx ebx, bx
        call say_decimal
        SAY ` KiB from 1 MiB, `
        xchg eax, ebx
        call say_decimal
        SAY ` blocks of 64 KiB from 16 MiB`
        shl eax, 16
        add eax, SIXTEEN_MIB
        jnc .below_4g
        mov eax, -1
.below_4g:
        mov edx, eax
        mov eax, SIXTEEN_MIB
        call memory_is_ram
        jc .e801_wrong
        mov edx, ebx
        call bios_kib_is_ram
.e801_wrong:
        CHECK nc, "INT 15h AX=E801h promises what E820h does not"
        ret
.no_e801:
        SAY `this BIOS does not have it\n`
        ret

bios_88:
        SAY `  INT 15h AH=88h: `
        clc                     ; the first BIOSes with it leave the carry alone
        mov ah, 0x88
        int 0x15
        jc .no_88
        movzx eax, ax
        call say_decimal
        SAY ` KiB from 1 MiB`
        mov edx, eax
        call bios_kib_is_ram
        CHECK nc, "INT 15h AH=88h promises what E820h does not"
        ret
.no_88:
        SAY `this BIOS does not have it\n`
        ret

; In: EDX = KiB. Out: carry set if not all of it, from 1 MiB upwards, is memory by the map, or if
; it is 0 where the map has memory.
bios_kib_is_ram:
        mov eax, ONE_MIB
        test edx, edx
        jz .none
        shl edx, 10
        add edx, eax
        jmp memory_is_ram
.none:
        lea edx, [eax + 1]
        call memory_is_ram
        cmc
        ret

bios_keyboard:
        SAY `  INT 16h AH=01h: `
        mov ah, 0x01
        int 0x16
        setnz al                ; 1: a key waits
        mov bx, [BDA_KEYS_HEAD]
        cmp bx, [BDA_KEYS_TAIL]
        setne ah
        jne .key
        SAY `no `
.key:
        SAY `key is waiting; the keyboard buffer at 40:1A agrees`
        cmp al, ah
        CHECK e, "INT 16h and its keyboard buffer do not agree"
        ret

; First without HLT: a processor that halts where no tick ever comes would never say so.
bios_timer:
        SAY `  IRQ 0: the tick at 40:6C `
        mov ecx, TICK_POLLS
        mov ebx, [BDA_TICKS]
.poll:
        in al, 0x61             ; slow on a PC: this bounds the time, not only the count
        cmp ebx, [BDA_TICKS]
        jne .ticking
        a32 loop .poll
        SAY `stands still`
        cmp ebx, [BDA_TICKS]
        CHECK ne, "no timer interrupt comes"
        ret
.ticking:
        SAY `comes; with HLT, two more after `
        xor cx, cx
        mov ebx, [BDA_TICKS]
.halt:
        hlt
        inc cx
        mov eax, [BDA_TICKS]
        sub eax, ebx
        cmp eax, 2
        jae .woken
        cmp cx, TICK_WAKEUPS
        jb .halt
.woken:
        movzx eax, cx
        call say_decimal
        SAY ` interrupts`
        mov eax, [BDA_TICKS]
        sub eax, ebx
        cmp eax, 2
        CHECK ae, "HLT wakes, but the timer tick stands still"
        ret
