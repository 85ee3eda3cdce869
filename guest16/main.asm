; main.asm: sector 1: the header, the start of the program, and the menu.

section .text

; The header. boot.asm and tools/hv16/image.py know these offsets.
header_magic:   db "GUEST16", 0
header_sectors: dw (main_end - header_magic) / SECTOR_SIZE + 1  ; of guest16.bin, sector 0 too
        times 16 - ($ - $$) db 0
header_autorun: db "menu"       ; menu, tour, or the name of a demo; ended by a NUL
        times 64 - ($ - $$) db 0

; Comes from boot.asm, with the segment registers 0, the stack set and interrupts on.
main_start:
        call bss_clear
        call console_init
        call hv_detect
        call run_resume         ; does not return if a demo reset the machine on purpose
        call console_clear
        call menu_title
        call autorun
        jmp menu

bss_clear:
        xor al, al
        mov di, BSS_ADDR
        mov cx, bss_end - BSS_ADDR
        rep stosb
        ret

; Does what the header's autorun text says. Returns for "menu". A text that
; means nothing ends the run: nobody may be there to choose something else.
autorun:
        mov si, header_autorun
        mov di, menu_word
        call same_text
        je .done
        mov di, tour_word
        call same_text
        je .tour
        mov bx, demo_table
.next:
        mov di, [bx + demo.name]
        call same_text
        je .demo
        add bx, demo_size
        cmp bx, demo_table_end
        jb .next
        SAY `  The image asks to run "`
        call say_text
        SAY `", and there is no demo of that name.\n`
        SAY `  There are menu, tour, bios, bigreal, cpuid, hidden, exits, reset, bench,\n`
        SAY `  tpr-shadow, spinlocks, three-addresses, x2apic-id, init-ipi, ipi, bench-apic.\n`
        inc byte [RUN_STATE + run.failed]
        jmp run_end
.done:
        ret
.tour:
        mov byte [RUN_STATE + run.then_end], 1
        jmp run_tour
.demo:
        mov byte [RUN_STATE + run.then_end], 1
        mov al, [bx + demo.letter]
        jmp run_demo

; ZF set if the texts at SI and DI, ended by NULs, are the same. Keeps both.
same_text:
        pusha
.next:
        lodsb
        cmp al, [di]
        jne .done
        inc di
        test al, al
        jnz .next
.done:
        popa
        ret

; --- The menu ------------------------------------------------------------------------------

; Must look right on 24 rows of 80: under hv16 the 25th is its status line.
menu_title:
        SAY `  guest16: a real-mode program that boots like any other\n`
        SAY `  Drive `
        mov al, [boot_drive]
        call say_hex8
        SAY `h, LBA `
        mov eax, [boot_hidden]
        call say_decimal
        SAY `, `
        movzx eax, word [header_sectors]
        call say_decimal
        SAY ` sectors. `
        jmp hv_say_who

menu_list:
        SAY `\n  What it can show:\n`
        mov bx, demo_table
.next:
        SAY `    `
        mov al, [bx + demo.letter]
        call say_char
        SAY `  `
        mov si, [bx + demo.name]
        call say_text
        mov al, 24
        call say_column
        mov si, [bx + demo.about]
        call say_text
        SAY `\n`
        add bx, demo_size
        cmp bx, demo_table_end
        jb .next
        SAY `    t  tour             bios, bigreal, cpuid, hidden, exits, reset: all in turn\n`
        SAY `    q  end              count what failed and stop here\n\n`
        SAY `  All output goes to the screen and to COM1 (115200 8N1), keys come from both.\n`
        ret

; For ever: takes a key, does what it says.
menu:
        call menu_list
.prompt:
        SAY `\n  b g c h e r n s k a x i o p t q, or m for the menu: `
        call key_wait
        call say_char
        SAY `\n`
        cmp al, "m"
        je menu
        mov byte [RUN_STATE + run.then_end], 0
        cmp al, "t"
        je .tour
        cmp al, "q"
        je run_end
        call demo_find
        jc .unknown
        call run_demo
        jmp .prompt
.tour:
        call run_tour
        jmp .prompt
.unknown:
        SAY `  There is no such key. b bios, g bigreal, c cpuid, h hidden, e exits, r reset,\n`
        SAY `  n bench, s tpr-shadow, k spinlocks, a three-addresses, x x2apic-id, i init-ipi,\n`
        SAY `  p bench-apic, t tour, q end.\n`
        jmp .prompt

; Waits for a key, on the keyboard or on COM1. Out: AL = the character, in lower case.
; It sleeps between looks: the timer wakes it 18 times a second, which is often enough for both.
key_wait:
        mov ah, 1
        int 0x16
        jnz .keyboard
        call com1_read
        jnc .have
        hlt
        jmp key_wait
.keyboard:
        xor ah, ah
        int 0x16
.have:
        cmp al, " "
        jbe key_wait            ; line ends of a terminal that sends whole lines, arrow keys
        cmp al, "~"
        ja key_wait
        cmp al, "A"
        jb .done
        cmp al, "Z"
        ja .done
        or al, 0x20
.done:
        ret

menu_word:      db "menu", 0
tour_word:      db "tour", 0
