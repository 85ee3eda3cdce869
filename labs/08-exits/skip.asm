; skip.asm: where the guest goes on after instructions that exit; and a known number of exits.
%include "lib.inc"

; BEHIND "name", INSTRUCTION: executes it and two INC DI, of one byte each, and prints how many of
; these two were executed. A wrong RIP does not run wild here: A2H, CPUID's last byte, and the two
; store AL at 4747H, which nobody needs.
%macro BEHIND 2+
        xor di, di
        xor eax, eax
        xor ecx, ecx
        mov dx, PORT_KBD_COMMAND
        %2
        inc di
        inc di
        times 4 nop
        SHOW16 %1, di
%endmacro

main:
        call faults_catch
        BEHIND "cpuid", cpuid
        BEHIND "operand_size", db 0x66, 0x0F, 0xA2
        BEHIND "three_prefixes", db 0x66, 0x67, 0x2E, 0x0F, 0xA2
        BEHIND "in_al_dx", in al, dx    ; one byte
        BEHIND "in_al_64h", in al, PORT_KBD_COMMAND
        mov bp, 100
.series:
        xor eax, eax
        cpuid
        cpuid
        cpuid
        dec bp
        jnz .series
        mov bp, 20
.ports:
        in al, PORT_KBD_COMMAND
        dec bp
        jnz .ports
        mov bp, 7
.msrs:
        mov ecx, 0x480
        TRY rdmsr
        dec bp
        jnz .msrs
        SHOW16 "fault", [fault]
        END
%include "lib_end.inc"
