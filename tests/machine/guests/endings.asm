; endings.asm: ways not to come to an end, by -DWAY=...
%include "lib.inc"

%define SPIN            1               ; runs for ever
%define END_3           2               ; says that 3 of its demos failed
%define TALK            3               ; says a word and spins
%define OFF             4               ; switches the machine off
%ifndef PM1A_CNT
%define PM1A_CNT        0xB004          ; where Bochs's BIOS puts it
%endif

main:
        xor eax, eax
        cpuid
        mov ax, 0xB800
        mov es, ax
        mov di, 160 * 4
        mov dword [es:di], 0x0747074F   ; "OG" on the screen
%if WAY == SPIN
        jmp $
%elif WAY == END_3
        mov cl, 3
        jmp finish
%elif WAY == TALK
        SAY "the answer is 42", 10
        jmp $
%elif WAY == OFF
        SAY "good night", 10
        mov dx, COM1 + 5                ; until the last of it is on the line
.sending:
        in al, dx
        test al, 0x40
        jz .sending
        mov dx, PM1A_CNT                ; ACPI
        mov ax, 0x2000                  ; SLP_EN, SLP_TYP of S5
        out dx, ax
        jmp $
%endif
        END
%include "lib_end.inc"
