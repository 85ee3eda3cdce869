; macros.asm: the three words that the demos are written in.

; SAY `TEXT\n`: prints the text, which stands in the code right after the call. A newline is \n.
%macro SAY 1+
        call say
        db %1, 0
%endmacro

; TRY INSTRUCTION: executes it. Afterwards trap_vector tells what happened. The registers are as
; the instruction left them; the flags are those from before it.
%macro TRY 1+
        mov word [trap_recover], %%after
        call trap_begin
        %1
%%after:
        call trap_end
%endmacro

; CHECK CC, "REASON": ends a line with "ok" if condition CC holds (e, ne, b, ...: as in a
; jump), with "WRONG" if not. The first thing that goes wrong becomes the demo's reason.
%macro CHECK 2
        j%1 %%good
        call check_failed
        db %2, 0
        jmp short %%done
%%good:
        SAY `, ok\n`
%%done:
%endmacro
