; hidden.asm: the demo "hidden": the guest tries to touch its hypervisor.
;
; hv16's memory is absent from the EPT, so every access is an EPT violation. The guest must read
; all ones, as from an address where nothing is, its writes must go nowhere, and it must run on.

%define HIDDEN_DWORDS   8       ; that the string instructions move
%define HIDDEN_JUNK     0x16161616
; What is done below: two reads at each of three places, one after the byte, one after each of the
; two string writes, and the string read. Three writes, a byte, two string writes.
%define HIDDEN_READS    (3 * 2 + 1 + 2 + HIDDEN_DWORDS)
%define HIDDEN_WRITES   (3 + 1 + 2 * HIDDEN_DWORDS)

section .bss
                alignb 4
hidden_base:    resd 1
hidden_size:    resd 1
hidden_reads:   resd 1          ; hv16's counters before
hidden_writes:  resd 1
hidden_copy:    resd HIDDEN_DWORDS

section .text

demo_hidden:
        call hv_require
        jne .present
        ret
.present:
        call hidden_where
        call bigreal_start
        jnc .a20_open
        call note_failure
        db "the A20 gate stays closed", 0
.a20_open:
        mov ebx, HYPERCALL_HIDDEN
        call hypercall
        mov [hidden_reads], eax
        mov [hidden_writes], edx

        SAY `  Read a dword, write 16161616h, read again; expected FFFFFFFFh both times:\n`
        mov esi, [hidden_base]
        call hidden_dword
        mov eax, [hidden_size]
        shr eax, 1
        add esi, eax            ; the middle
        call hidden_dword
        mov esi, [hidden_base]
        add esi, [hidden_size]
        sub esi, 4              ; the last
        call hidden_dword
        call hidden_byte
        call hidden_stosd
        call hidden_movsd_out
        call hidden_movsd_in
        call hidden_counters
        jmp bigreal_leave

; Asks where the block is, and whether the memory map calls any of it usable.
hidden_where:
        mov ebx, HYPERCALL_BLOCK
        call hypercall
        mov [hidden_base], eax
        mov [hidden_size], edx
        SAY `  hv16 says that it lives at `
        call say_hex32
        SAY `h-`
        add edx, eax
        dec edx
        xchg eax, edx
        call say_hex32
        xchg eax, edx
        SAY `h\n  The map of INT 15h AX=E820h calls none of that usable`
        inc edx
        call memory_read_map
        call memory_overlaps_usable
        CHECK nc, "E820 calls memory of the hypervisor usable"
        ret

; In: ESI = address. Keeps ESI.
hidden_dword:
        SAY `    at `
        mov eax, esi
        call say_hex32
        SAY `h: `
        call hidden_read
        mov edx, eax
        call say_hex32
        SAY `h `
        mov eax, HIDDEN_JUNK
        TRY mov [fs:esi], eax
        call say_trap_only
        call hidden_read
        call say_hex32
        SAY `h`
        and eax, edx
        inc eax                 ; 0 if all ones
        CHECK z, "hidden memory did not read as all ones"
        ret

; EAX = FS:[ESI], or 0 and a word about it if that faults.
hidden_read:
        xor eax, eax
        TRY mov eax, [fs:esi]
say_trap_only:
        cmp byte [trap_vector], 0
        je .done
        call say_trap
        SAY ` `
.done:
        ret

hidden_byte:
        SAY `  Write one byte at the base, read the dword: `
        mov esi, [hidden_base]
        mov al, 0x16
        TRY mov [fs:esi], al
        call say_trap_only
        call hidden_read
        call say_hex32
        SAY `h`
        inc eax
        CHECK z, "a byte written to hidden memory stayed"
        ret

; The string instructions, with 32-bit addresses (a32): DS:ESI, ES:EDI, ECX.
hidden_stosd:
        SAY `  REP STOSD of 8 dwords into it, read the first: `
        mov edi, [hidden_base]
        mov ecx, HIDDEN_DWORDS
        mov eax, HIDDEN_JUNK
        TRY a32 rep stosd
        call say_trap_only
        mov esi, [hidden_base]
        call hidden_read
        call say_hex32
        SAY `h`
        inc eax
        jnz .stosd_wrong
        test ecx, ecx           ; it must also have come to its end
        jnz .stosd_wrong
        mov eax, [hidden_base]
        add eax, HIDDEN_DWORDS * 4
        cmp eax, edi
.stosd_wrong:
        CHECK z, "REP STOSD to hidden memory went wrong"
        ret

hidden_movsd_out:
        SAY `  REP MOVSD of 8 dwords out of it, all of them: `
        mov edi, hidden_copy
        xor eax, eax
        mov ecx, HIDDEN_DWORDS
        rep stosd
        mov esi, [hidden_base]
        mov edi, hidden_copy
        mov ecx, HIDDEN_DWORDS
        TRY a32 rep movsd
        call say_trap_only
        mov eax, -1
        mov si, hidden_copy
        mov cx, HIDDEN_DWORDS
.and:
        and eax, [si]
        add si, 4
        loop .and
        call say_hex32
        SAY `h`
        inc eax
        CHECK z, "REP MOVSD from hidden memory went wrong"
        ret

hidden_movsd_in:
        SAY `  REP MOVSD of 8 dwords into it, read the last: `
        mov dword [hidden_copy + 4 * (HIDDEN_DWORDS - 1)], HIDDEN_JUNK
        mov esi, hidden_copy
        mov edi, [hidden_base]
        mov ecx, HIDDEN_DWORDS
        TRY a32 rep movsd
        call say_trap_only
        mov esi, [hidden_base]
        add esi, 4 * (HIDDEN_DWORDS - 1)
        call hidden_read
        call say_hex32
        SAY `h`
        inc eax
        CHECK z, "REP MOVSD to hidden memory went wrong"
        ret

hidden_counters:
        mov ebx, HYPERCALL_HIDDEN
        call hypercall
        sub eax, [hidden_reads]
        sub edx, [hidden_writes]
        SAY `  hv16 counted `
        call say_decimal
        SAY ` reads and `
        xchg eax, edx
        call say_decimal
        SAY ` writes of hidden memory meanwhile;\n  expected at least `
        push eax
        mov eax, HIDDEN_READS
        call say_decimal
        SAY ` and `
        mov eax, HIDDEN_WRITES
        call say_decimal
        pop eax
        cmp eax, HIDDEN_WRITES
        jb .too_few
        cmp edx, HIDDEN_READS
.too_few:
        CHECK ae, "hv16 did not count every access to hidden memory"
        ret
