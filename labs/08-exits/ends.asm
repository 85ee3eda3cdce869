; ends.asm: with -DUD, an instruction that is none. With poke=0x4004:0x40 that exits, and hv16 has no
; use for it. Otherwise CR0.PE is written, which with poke=0x6000:0x21 exits for ever.
%include "lib.inc"

main:
%ifdef UD
        ud2
%else
        call big_limits
        END
%endif
%include "lib_end.inc"
