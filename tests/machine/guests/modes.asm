; modes.asm: real mode -> protected mode -> 32-bit paging -> PAE paging -> long mode -> and back, with
; exits in each. Natively it prints the same.
%include "lib.inc"
%include "pm.inc"
%include "long.inc"

%define PD_PSE          0x14000         ; 32-bit paging, 4 MiB pages
%define PDPT_PAE        0x15000         ; it leads to long mode's 2 MiB pages
%define KINDS           8               ; rows of `kept`

; Causes a CPUID exit and one by CR0.NE, and keeps what came of it in SEEN: the vendor, NE as it was
; set, and NE as it was cleared.
%macro EXITS32 1
        xor eax, eax
        cpuid
        mov [%1], ebx
        mov eax, cr0
        or eax, CR0_NE
        mov cr0, eax
        mov eax, cr0
        and eax, CR0_NE
        mov [%1 + 4], eax
        mov eax, cr0
        and eax, ~CR0_NE
        mov cr0, eax
        mov eax, cr0
        and eax, CR0_NE
        mov [%1 + 8], eax
%endmacro

main:
        call faults_catch
        call enter32
bits 32
        call tables
        EXITS32 seen_flat
        call paging32
        call paging_pae
        call long_mode
        call leave32
bits 16
        call show
        END

; --- Page tables ------------------------------------------------------------------------------------

bits 32
tables:
        call long_tables
        mov edi, PD_PSE
        mov ecx, 2 * 1024
        xor eax, eax
        rep stosd
        mov dword [PD_PSE], LARGE_PAGE
        mov dword [PDPT_PAE], LONG_PD + 1
        ret

paging32:
        mov eax, cr4
        or eax, CR4_PSE
        mov cr4, eax
        mov eax, PD_PSE
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        EXITS32 seen_32
        mov ecx, 0x480
        TRY32 rdmsr                     ; an exit that becomes a #GP with an error code
        mov eax, [fault]
        mov [seen_32 + 12], eax
        mov eax, cr0                    ; NE and PG in one instruction: it exits, and paging ends
        and eax, ~CR0_PG
        or eax, CR0_NE
        mov cr0, eax
        mov eax, cr0
        and eax, CR0_PG | CR0_NE | CR0_PE
        mov [seen_both], eax
        mov eax, cr0
        and eax, ~CR0_NE
        mov cr0, eax
        ret

paging_pae:
        mov eax, cr4
        and eax, ~CR4_PSE
        or eax, CR4_PAE
        mov cr4, eax
        mov eax, PDPT_PAE
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        EXITS32 seen_pae
        mov ecx, 0x480
        TRY32 rdmsr
        mov eax, [fault]
        mov [seen_pae + 12], eax
        mov eax, cr0
        and eax, ~CR0_PG
        mov cr0, eax
        ret

; --- Long mode --------------------------------------------------------------------------------------

long_mode:
        LONG_ENTER CR0_NE               ; with PG, again: the exit is on the way into long mode
        xor eax, eax
        cpuid
        mov [abs seen_long], ebx
        call cr0_by_r8
        call every_kind
        LONG_TO_32
        LONG_OFF CR0_NE
        ret
bits 64

; MOV CR0 whose operand needs a REX prefix: R8, to toggle NE and back.
cr0_by_r8:
        mov r8, cr0
        and r8, ~CR0_NE
        mov cr0, r8
        mov r9, cr0
        and r9, CR0_NE
        mov [abs seen_long + 8], r9d
        mov r15, cr0
        or r15, CR0_NE
        mov cr0, r15
        mov r9, cr0
        and r9, CR0_NE
        mov [abs seen_long + 4], r9d
        ret

; Fills all registers, causes one exit, and keeps in `kept` which of them changed: bit N = register N
; in the order of the instruction set. RSP is compared as well.
%macro KEEPS 2+                         ; row, instruction
        mov rax, [abs inputs + %1 * 32]
        mov rcx, [abs inputs + %1 * 32 + 8]
        mov rdx, [abs inputs + %1 * 32 + 16]
        mov rbx, [abs inputs + %1 * 32 + 24]
        mov rsi, 0x5A5A000600000006
        mov rdi, 0x5A5A000700000007
        mov rbp, 0x5A5A000500000005
        mov [abs own_rsp], rsp
%assign number 8
%rep 8
        mov r%[number], 0x5A5A000000000000 + number
%assign number number + 1
%endrep
        TRY64 %2
        mov [abs kept_rax + %1 * 8], rax
        mov dword [abs kept + %1 * 4], 0
        cmp rsp, [abs own_rsp]
        DIFFERS %1, 4
        mov rax, 0x5A5A000600000006
        cmp rax, rsi
        DIFFERS %1, 6
        mov rax, 0x5A5A000700000007
        cmp rax, rdi
        DIFFERS %1, 7
        mov rax, 0x5A5A000500000005
        cmp rax, rbp
        DIFFERS %1, 5
%assign number 8
%rep 8
        mov rax, 0x5A5A000000000000 + number
        cmp rax, r%[number]
        DIFFERS %1, number
%assign number number + 1
%endrep
        mov eax, [abs fault]
        mov [abs faults + %1 * 4], eax
%endmacro
%macro DIFFERS 2
        je %%same
        or dword [abs kept + %1 * 4], 1 << %2
%%same:
%endmacro

every_kind:
        KEEPS 0, cpuid
        KEEPS 1, mov cr0, rax
        KEEPS 2, in al, PORT_KBD_COMMAND
        KEEPS 3, rdmsr
        KEEPS 4, wrmsr
        KEEPS 5, vmcall
        KEEPS 6, wbinvd
        KEEPS 7, out PORT_SYSTEM_A, al
        ret

align 8
; RAX, RCX, RDX, RBX for each row.
inputs: dq 0, 0, 0, 0
        dq CR0_PG | CR0_PE | 0x10, 0, 0, 0             ; NE off: an exit
        dq 0x1122334455667788, 0, 0, 0
        dq 0, 0x480, 0, 0
        dq 0, 0x3A, 0, 0
        dq 0, 0, 0, 0                                   ; no magic: #UD
        dq 0, 0, 0, 0
        dq 0x1122334455667702, 0, 0, 0                  ; A20 stays open, no reset
own_rsp:        dq 0
kept_rax:       times KINDS dq 0
kept:           times KINDS dd 0xFFFFFFFF
faults:         times KINDS dd 0xFFFFFFFF
seen_flat:      times 4 dd 0xFFFFFFFF
seen_32:        times 4 dd 0xFFFFFFFF
seen_pae:       times 4 dd 0xFFFFFFFF
seen_long:      times 4 dd 0xFFFFFFFF
seen_both:      dd 0xFFFFFFFF

bits 16
%macro SHOW_SEEN 2
        SHOW %1, [%2], "_vendor"
        SHOW %1, [%2 + 4], "_ne_set"
        SHOW %1, [%2 + 8], "_ne_cleared"
        SHOW %1, [%2 + 12], "_gp"
%endmacro

show:
        SHOW_SEEN "flat", seen_flat
        SHOW_SEEN "paging32", seen_32
        SHOW_SEEN "pae", seen_pae
        SHOW_SEEN "long", seen_long
        SHOW "ne_and_pg", [seen_both]
%assign row 0
%rep KINDS
        SHOW "changed", [kept + row * 4], %str(row)
        SHOW "fault", [faults + row * 4], %str(row)
        SHOW "rax_low", [kept_rax + row * 8], %str(row)
        SHOW "rax_high", [kept_rax + row * 8 + 4], %str(row)
%assign row row + 1
%endrep
        ret
%include "lib_end.inc"
