; string_io.asm: INS and OUTS on ports that hv16 looks at: the PCI address register, the keyboard
; controller's, the system control port. In every mode, with every prefix, and with memory that
; faults. -DRESET: OUTS that resets the machine.
%include "lib.inc"
%include "pm.inc"
%include "long.inc"

%define BUFFER          0x1F000
%define LOG             0x20000
%define PD              0x10000         ; 32-bit paging: 4 MiB each
%define UNMAPPED        0x800000
%define FAR_BUFFER      0x600000
%define ADDRESS         0x80000008      ; a PCI register: revision and class
%define BEFORE_SYSTEM_A 0x91

; NOTED_AS "name": EAX, ECX, ESI, EDI, 16 bytes of the buffer, a fault, CR2. Keeps all but flags.
%macro NOTED_AS 1
        call record%[__BITS__]
        db %1, 0
%endmacro

main:
        call faults_catch
        cli
%ifdef RESET
        mov si, .command
        mov dx, PORT_KBD_COMMAND
        outsb                           ; the machine begins again
        SHOW "not_reset", 1
        END
.command: db 0xFE
%endif
        call real_mode
        call enter32
bits 32
        call protected_mode
        call paging
        call long_mode
        call leave32
bits 16
        cli
        mov ax, LOG >> 4
        mov fs, ax
        xor di, di
.next:
        mov si, [fs:di]
        mov bp, di
        mov cx, 10
.value: add bp, 4
        mov si, [fs:di]
        call say_text
        SHOW "", [fs:bp]
        loop .value
        add di, 44
        cmp di, [log_next]
        jb .next
        END

; --- 16-bit code ------------------------------------------------------------------------------------

real_mode:
        mov ax, BUFFER >> 4             ; DS stays 0
        mov es, ax
        mov gs, ax
        mov dword [es:0], ADDRESS
        xor di, di
        xor si, si
        mov dx, PORT_PCI_ADDRESS
        gs outsd
        SHOW16 "real_out_si", si
        in eax, dx
        SHOW "real_out", eax
        mov cx, 3
        mov di, 4
        rep insd
        SHOW16 "real_in_di", di
        SHOW16 "real_in_cx", cx
        SHOW "real_in", [es:12]
        mov edi, 0xABCD0008
        insd                            ; DI alone counts and moves
        SHOW "real_edi", edi
        mov ecx, 2                      ; 32-bit addresses
        mov edi, 0x20
        a32 rep insd
        SHOW "real_a32", edi
        std
        mov di, 0x30
        insd
        cld
        SHOW16 "real_std", di
        mov cx, 0                       ; nothing
        mov di, 0x30
        rep insd
        SHOW16 "real_none", di
        mov dx, BEFORE_SYSTEM_A         ; a word that covers port 92h
        mov di, 0x40
        insw
        SHOW16 "real_92", [es:0x40]
        in al, PORT_SYSTEM_A
        mov [es:0x41], al
        mov si, 0x40
        es outsw
        SHOW16 "real_92_si", si
        mov dx, PORT_KBD_COMMAND
        mov cx, 5
        mov di, 0x50
        rep insb
        SHOW "real_64", [es:0x50]
        mov byte [es:0x60], 0x20        ; asks for the command byte
        mov si, 0x60
        es outsb
.wait:  in al, dx
        test al, 1
        jz .wait
        in al, PORT_KBD_DATA
        SHOW16 "real_command", ax
        mov di, 0xFFFE                  ; beyond the segment's limit
        mov dx, PORT_PCI_ADDRESS
        TRY insd
        SHOW "real_limit", [fault]
        SHOW16 "real_limit_di", di
        xor ax, ax
        mov es, ax
        mov gs, ax
        ret

; --- 32-bit code ------------------------------------------------------------------------------------

bits 32
protected_mode:
        call set_up
        mov esi, BUFFER
        outsd
        NOTED_AS "out"
        call set_up
        rep insd
        NOTED_AS "rep_in"
        call set_up
        std
        add edi, 8
        rep insd
        cld
        NOTED_AS "rep_in_down"
        call set_up
        mov esi, BUFFER
        repne outsd
        NOTED_AS "rep_out"
        call set_up
        mov edi, 0x77770000 + 0xF000    ; 16-bit addresses: DI alone
        a16 insd
        NOTED_AS "a16"
        call set_up
        mov ax, SEL_DATA16              ; 64 KiB
        mov es, ax
        mov edi, 0xFFFD
        TRY32 insd
        NOTED_AS "limit"
        call set_up
        mov edi, 0xFFFC
        TRY32 insd
        NOTED_AS "in_limit"
        mov ax, SEL_CODE16              ; not to be written
        mov es, ax
        mov edi, BUFFER
        TRY32 insd
        NOTED_AS "code"
        xor ax, ax
        mov es, ax
        TRY32 insd
        NOTED_AS "null"
        mov ax, SEL_DATA
        mov es, ax
        ret

paging:
        mov edi, PD
        mov ecx, 0x1000
        xor eax, eax
        rep stosd
        mov dword [PD], 0x83
        mov dword [PD + 4], 0x400081    ; read only
        mov eax, cr4
        or eax, CR4_PSE
        mov cr4, eax
        mov eax, PD
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG | 0x10000        ; WP
        mov cr0, eax
        call set_up
        mov edi, UNMAPPED
        TRY32 insd
        NOTED_AS "pf_in"
        call set_up
        mov esi, UNMAPPED
        TRY32 outsd
        NOTED_AS "pf_out"
        call set_up
        mov esi, UNMAPPED - 4           ; the second element faults
        TRY32 rep outsd
        NOTED_AS "pf_rep"
        call set_up
        mov esi, UNMAPPED - 1
        TRY32 outsd
        NOTED_AS "pf_across"
        call set_up
        mov edi, UNMAPPED - 8
        TRY32 insd
        NOTED_AS "pf_read_only"
        call set_up
        mov edi, 0x3FFFFE
        TRY32 insd
        NOTED_AS "pf_into_read_only"
        mov eax, cr0
        and eax, ~(CR0_PG | 0x10000)
        mov cr0, eax
        mov eax, cr4
        and eax, ~CR4_PSE
        mov cr4, eax
        ret

; --- 64-bit code ------------------------------------------------------------------------------------

long_mode:
        call long_tables
        mov dword [LONG_PD + 8], LARGE_PAGE + FAR_BUFFER ; the second page: another place
        LONG_ENTER
        call set_up
        mov edi, 0x1FFFFE               ; two pages that are not neighbours
        insd
        mov eax, [abs 0x1FFFFE]
        NOTED_AS "long_across"
        call set_up
        mov rsi, BUFFER
        db 0x48, 0x6F                   ; REX.W OUTSD: still 32 bits
        NOTED_AS "long_out"
        call set_up
        mov rdi, 0x100000000 + BUFFER   ; 32-bit addresses: EDI alone
        mov rcx, 0x500000002
        a32 rep insd
        mov rax, rdi
        shr rax, 32
        shl rcx, 1
        NOTED_AS "long_a32"
        call set_up
        mov rdi, 0x0000800000000000     ; not canonical
        TRY64 insd
        NOTED_AS "long_not_canonical"
        call set_up
        mov edi, UNMAPPED
        TRY64 insd
        NOTED_AS "long_pf"
        LONG_TO_32
        LONG_OFF
        ret

; The same bytes in 32- and in 64-bit code.
set_up:
        mov eax, BUFFER
        mov ecx, 16
.clear: mov byte [eax], 0xEE
        lea eax, [eax + 1]
        sub ecx, 1
        jnz .clear
        mov eax, BUFFER
        mov dword [eax], ADDRESS
        mov eax, fault
        mov dword [eax], 0
        mov edi, BUFFER + 4
        mov esi, 0
        mov ecx, 2
        mov edx, PORT_PCI_ADDRESS
        mov eax, ADDRESS
        out dx, eax
        mov eax, 0x5A5A5A5A
        ret

; The name comes after the call. RECORD bits, BX, BP, SP.
%macro RECORD 4
bits %1
record%1:
        push %2
        push %3
        mov ebx, [abs log_next]
        mov %3, [%4 + %1 / 4]
        mov [%2 + LOG], ebp
        mov [%2 + LOG + 4], eax
        mov [%2 + LOG + 8], ecx
        mov [%2 + LOG + 12], esi
        mov [%2 + LOG + 16], edi
%assign at 0
%rep 4
        mov ebp, [abs BUFFER + at]
        mov [%2 + LOG + 20 + at], ebp
%assign at at + 4
%endrep
        mov ebp, [abs fault]
        mov [%2 + LOG + 36], ebp
        mov %3, cr2
        mov [%2 + LOG + 40], ebp
        add dword [abs log_next], 44
        mov %3, [%4 + %1 / 4]
.name:
        inc %3
        cmp byte [%3 - 1], 0
        jne .name
        mov [%4 + %1 / 4], %3
        pop %3
        pop %2
        ret
%endmacro
RECORD 32, ebx, ebp, esp
RECORD 64, rbx, rbp, rsp

bits 16
log_next: dd 0
%include "lib_end.inc"
