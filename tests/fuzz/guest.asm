; guest.asm: the fuzzer's guest. It runs cases, each an instruction or a few that the driver has made
; up, in the mode of their batch: from a known state, with all exceptions caught. What came of a case
; is kept as a hash, and then the state is put back. The driver reads memory at the end.
;
; 32-bit protected mode, flat and without paging, is at home here. real.inc, protected.inc and
; long.inc run the cases of one batch.

%include "lib.inc"
%include "layout.inc"
%include "record.inc"

%define SEL_D16         0x08            ; data and stack of the cases: DATA, 64 KiB
%define SEL_D32         0x10
%define SEL_C16         0x18            ; their code: CODE, 64 KiB
%define SEL_C32         0x20
%define SEL_UD32        0x2B            ; the same for user mode
%define SEL_UC32        0x33
%define SEL_C64         0x78            ; flat
%define SEL_UC64        0x8B
%define SEL_FLAT        0x1C0           ; the guest's own
%define SEL_CODE        0x1C8
%define SEL_LONG        0x1D0
%define SEL_CODE16      0x1D8
%define SEL_DATA16      0x1E0
%define SEL_TSS         0x1E8
%define SEL_TSS_DF      0x1F0
%define SEL_TSS64       0x1F8
%define SEL_STACK16     0x208           ; the stack of real mode: a word at FFFFh is no fault

%define TIMER_VECTOR    0x20
%define SPURIOUS_VECTOR 0x27            ; the 8259's
%define APIC_VECTORS    0x50            ; 16 that cases send
%define TIMER_COUNT     9000            ; of the PIT: some 30,000 instructions
%define STARTED         0x46555A5A
%define CR0_WANTED      0x33            ; PE, MP, ET, NE
%define CR4_WANTED      0x40600         ; OSFXSR, OSXMMEXCPT, OSXSAVE
%define CR0_WP          0x10000
%define XCR0_WANTED     7
%define APIC            0xFEE00000
%define SELF_TEST_SEED  0x1234567
%define FXSAVE_AT       (RW + 0xC00)

main:
        push word RW >> 4
        pop es
        cmp dword [es:V_STARTED], STARTED
        je .restarted
        call load
        push word RW >> 4
        pop es
        mov dword [es:V_STARTED], STARTED
        cli
        call timer_start
        call enter32
bits 32
        call set_up
        call all_batches
        call leave32
bits 16
        END
.restarted:
        SAY "fuzz: restarted", 10
        mov cl, 98
        jmp finish

; --- From the disk: the header and the register sets below 1 MiB, the cases above -----------------

load:
        call big_limits
        mov dword [packet.lba], LIB_SECTORS
        mov word [packet.segment], HEADER >> 4
        mov word [packet.count], 4
        call read_disk
        mov word [packet.segment], SETS >> 4
        mov word [packet.count], 32
        call read_disk
        push word HEADER >> 4
        pop es
        mov ecx, [es:H_BATCHES]
        mov edi, ALL_CASES
        mov word [packet.segment], CODE >> 4
        mov word [packet.count], 64
        push word CODE >> 4
        pop es
.batch:
        jecxz .done
        call read_disk
        xor esi, esi
.dword: mov eax, [es:si]
        mov [fs:edi], eax
        add edi, 4
        add si, 4
        cmp si, BATCH_CASES * CASE_SIZE
        jb .dword
        dec ecx
        jmp .batch
.done:  ret

read_disk:                              ; the sectors after those of last time
        pushad
        push es
        mov ah, 0x42
        mov dl, [entry_dl]
        mov si, packet
        int 0x13
        jc start.failed
        movzx eax, word [packet.count]
        add [packet.lba], eax
        call big_limits
        pop es
        popad
        ret

packet:         db 16, 0
.count:         dw 0, 0
.segment:       dw 0
.lba:           dq 0

timer_start:                            ; the timer alone interrupts
        mov al, 0x11
        out PORT_PIC1_COMMAND, al
        mov al, TIMER_VECTOR
        out PORT_PIC1_DATA, al
        mov al, 4
        out PORT_PIC1_DATA, al
        mov al, 1
        out PORT_PIC1_DATA, al
        mov al, 0xFE
        out PORT_PIC1_DATA, al
        mov al, 0xFF
        out PORT_PIC2_DATA, al
        mov al, 0x34
        out PORT_PIT_COMMAND, al
        mov al, TIMER_COUNT & 0xFF
        out PORT_PIT_DATA, al
        mov al, TIMER_COUNT >> 8
        out PORT_PIT_DATA, al
        ret

; --- From mode to mode ----------------------------------------------------------------------------

; To 32-bit protected mode, and on after the call.
enter32:
        cli
        lgdt [cs:gdtr]
        lidt [cs:idtr32]
        mov eax, CR0_WANTED
        mov cr0, eax
        jmp dword SEL_CODE:.flat
bits 32
.flat:
        mov ax, SEL_FLAT
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        movzx esp, sp
        movzx eax, word [esp]           ; the return address is a word
        add esp, 2
        jmp eax

; Back to real mode and on after the call. Limits of FS and GS: 4 GiB if V_FLAT.
leave32:
        pop edx
        mov ecx, SEL_DATA16
        cmp dword [RW + V_FLAT], 0
        je .limits
        mov ecx, SEL_FLAT
.limits:
        mov fs, cx
        mov gs, cx
        jmp SEL_CODE16:.code16
bits 16
.code16:
        mov ax, SEL_DATA16
        mov ds, ax
        mov es, ax
        mov ax, SEL_STACK16
        mov ss, ax
        mov eax, CR0_WANTED & ~CR0_PE
        mov cr0, eax
        jmp 0:.real
.real:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        lidt [idtr16]
        jmp dx

bits 32
; --- Before the first batch -----------------------------------------------------------------------

set_up:
        call make_gates
        call make_tables
        call make_tss
        mov eax, CR4_WANTED
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        xor ecx, ecx
        xor edx, edx
        mov eax, XCR0_WANTED
        xsetbv
        mov eax, SEL_TSS
        ltr ax
        xor eax, eax
        lldt ax                         ; a reset leaves an LDT at 0, of 64 KiB
        mov edi, PRISTINE               ; whatever, but the same each time
        mov eax, SELF_TEST_SEED
.random:
        mov edx, eax
        shl edx, 13
        xor eax, edx
        mov edx, eax
        shr edx, 17
        xor eax, edx
        mov edx, eax
        shl edx, 5
        xor eax, edx
        stosd
        cmp edi, PRISTINE + 0x10000
        jb .random
        mov edi, CODE
        mov ecx, 0x4000
        mov eax, 0xCCCCCCCC
        rep stosd
        mov esi, apic_registers         ; all of them as between two cases
.register:
        mov ebx, [esi]
        mov eax, [esi + 4]
        mov [APIC + ebx], eax
        add esi, 8
        cmp esi, apic_registers.end
        jb .register
        ret

; A stub for each vector pushes it: there is no other way to tell.
%macro MAKE_STUBS 4                     ; where, handler, the bytes of a stub, and of its distance
        mov edi, %1
        xor ecx, ecx
%%next: mov byte [edi], 0x6A            ; PUSH imm8
        mov [edi + 1], cl
        mov byte [edi + 2], 0xE9        ; JMP
        lea eax, [edi + %3]
        neg eax
        add eax, %2
%if %4 == 2
        mov [edi + 3], ax
%else
        mov [edi + 3], eax
%endif
        add edi, %3
        inc ecx
        cmp ecx, 256
        jb %%next
%endmacro

; GATE VECTOR, HANDLER16, HANDLER32, HANDLER64
%macro GATE 4
        mov dword [%1 * 4], %2
        mov ecx, %1
        mov eax, %3
        call gate32
        mov eax, %4
        call gate64
        inc byte [IDT64 + %1 * 16 + 4]  ; IST 2: Bochs may deliver it in a handler, with IF = 0
%endmacro

make_gates:
        MAKE_STUBS STUBS16, real_event, 5, 2
        MAKE_STUBS STUBS32, protected_event, 7, 4
        MAKE_STUBS STUBS64, long_event, 7, 4
        xor ecx, ecx
.next:
        lea eax, [ecx + ecx * 4 + STUBS16]
        mov [ecx * 4], eax
        imul eax, ecx, 7
        add eax, STUBS32
        call gate32
        imul eax, ecx, 7
        add eax, STUBS64
        call gate64
        inc ecx
        cmp ecx, 256
        jb .next
        GATE TIMER_VECTOR, real_timer, protected_timer, long_timer
        GATE SPURIOUS_VECTOR, real_spurious, protected_spurious, long_spurious
%assign vector APIC_VECTORS
%rep 16
        GATE vector, real_apic, protected_apic, long_apic
%assign vector vector + 1
%endrep
        mov dword [IDT32 + VECTOR_DF * 8], SEL_TSS_DF << 16
        mov dword [IDT32 + VECTOR_DF * 8 + 4], 0x8500 ; a task gate
        ret

; EAX: the handler; ECX: the vector. Programs may use INT3, INTO, and INT n from 30h on.
gate32:
        mov [IDT32 + ecx * 8], ax
        mov word [IDT32 + ecx * 8 + 2], SEL_CODE
        call gate_type
        mov [IDT32 + ecx * 8 + 4], dx
        mov word [IDT32 + ecx * 8 + 6], 0
        ret
gate64:
        push ecx
        shl ecx, 4
        mov [IDT64 + ecx], ax
        mov word [IDT64 + ecx + 2], SEL_LONG
        mov word [IDT64 + ecx + 6], 0
        mov dword [IDT64 + ecx + 8], 0
        mov dword [IDT64 + ecx + 12], 0
        shr ecx, 4
        call gate_type
        inc edx                         ; on a stack of its own: IST 1
        shl ecx, 4
        mov [IDT64 + ecx + 4], dx
        pop ecx
        ret
gate_type:
        mov edx, 0xEE00
        cmp ecx, 0x30
        jae .done
        cmp ecx, 3
        je .done
        cmp ecx, 4
        je .done
        mov edx, 0x8E00
.done:  ret

; 4 MiB one to one, of which programs have DATA and CODE, and the page of the APIC. In long mode the
; guest's own can only be written through an alias.
make_tables:
        mov edi, TABLES
        xor eax, eax
        mov ecx, 0xB000 / 4
        rep stosd
        mov dword [TABLES], TABLES + 0x1007
        mov dword [TABLES + 0x3FB * 4], TABLES + 0x9007
        mov dword [TABLES + 0x9000 + 0x200 * 4], APIC + 3
        mov dword [TABLES + 0x2000], TABLES + 0x3007
        mov dword [TABLES + 0x2000 + 0xB4 * 8], TABLES + 0x6003
        mov dword [TABLES + 0x3000], TABLES + 0x4007
        mov dword [TABLES + 0x3000 + 3 * 8], TABLES + 0xA003
        mov dword [TABLES + 0x4000], TABLES + 0x5007
        mov dword [TABLES + 0x6000 + 0x168 * 8], TABLES + 0x7003
        mov dword [TABLES + 0x7000], TABLES + 0x8003
        mov dword [TABLES + 0xA000 + 0x1F7 * 8], APIC + 0x83
        xor ecx, ecx
.page:
        mov eax, ecx
        shl eax, 12
        lea edx, [eax + 3]
        cmp ecx, DATA >> 12
        jb .own
        cmp ecx, (CODE >> 12) + 16
        jae .own
        add edx, 4
.own:   mov [TABLES + 0x1000 + ecx * 4], edx
        lea edx, [eax + 1]
        cmp ecx, DATA >> 12
        jb .own64
        cmp ecx, (CODE >> 12) + 16
        jae .own64
        add edx, 4
        cmp ecx, CODE >> 12
        jae .own64
        add edx, 2
.own64: cmp ecx, 256
        jae .high
        mov [TABLES + 0x5000 + ecx * 8], edx
.high:
        inc ecx
        cmp ecx, 1024
        jb .page
        xor ecx, ecx
.alias:
        mov eax, ecx
        shl eax, 12
        lea edx, [eax + RW + 3]
        mov [TABLES + 0x8000 + ecx * 8], edx
        lea edx, [eax + CODE + 3]
        mov [TABLES + 0x8000 + 16 * 8 + ecx * 8], edx
        inc ecx
        cmp ecx, 16
        jb .alias
        ret

make_tss:
        mov edi, TSS
        xor eax, eax
        mov ecx, 0x2400 / 4
        rep stosd
        mov dword [TSS + 4], KSTACK
        mov dword [TSS + 8], SEL_FLAT
        mov word [TSS + 0x66], 0x88     ; all ports are allowed
        mov byte [TSS + 0x2088], 0xFF
        mov dword [TSS_DF + 0x1C], TABLES
        mov dword [TSS_DF + 0x20], double_fault
        mov dword [TSS_DF + 0x24], 2
        mov dword [TSS_DF + 0x38], KSTACK
        mov dword [TSS_DF + 0x4C], SEL_CODE
%assign offset 0x48
%rep 6
%if offset != 0x4C
        mov dword [TSS_DF + offset], SEL_FLAT
%endif
%assign offset offset + 4
%endrep
        mov dword [TSS64 + 0x24], (RW_ALIAS & 0xFFFFFFFF) + KSTACK - RW
        mov dword [TSS64 + 0x28], RW_ALIAS >> 32
        mov dword [TSS64 + 0x2C], (RW_ALIAS & 0xFFFFFFFF) + KSTACK + 0x800 - RW
        mov dword [TSS64 + 0x30], RW_ALIAS >> 32
        mov dword [TSS64 + 4], (RW_ALIAS & 0xFFFFFFFF) + KSTACK - RW
        mov dword [TSS64 + 8], RW_ALIAS >> 32
        mov word [TSS64 + 0x66], 0x68
        ret

; --- Batches --------------------------------------------------------------------------------------

all_batches:
        mov dword [RW + V_BATCH], 0
.next:
        mov ebx, [RW + V_BATCH]
        cmp ebx, [HEADER + H_BATCHES]
        jae .done
        call start_batch
        mov eax, [RW + V_MODE]
        call [runners + eax * 4]
        call end_batch
        inc dword [RW + V_BATCH]
        jmp .next
.done:  mov dword [RW + V_FLAT], 0
        ret

runners:        dd run_real, run_protected, run_protected, run_protected, run_protected
                dd run_long, run_long

start_batch:                            ; EBX: its number
        mov eax, [HEADER + H_LIST + ebx * 4]
        mov edx, eax
        shr edx, 16
        mov [RW + V_COUNT], edx
        mov edx, eax
        and edx, MODE_FLAT
        mov [RW + V_FLAT], edx
        and eax, 7
        mov [RW + V_MODE], eax
        mov dword [RW + V_INDEX], 0
        mov edi, RW                     ; not all modes write all of the state
        xor eax, eax
        mov ecx, F_DWORDS64
        rep stosd
        mov eax, [HEADER + H_DETAIL_INDEX]
        cmp ebx, [HEADER + H_DETAIL_BATCH]
        je .detail
        mov eax, -1
.detail:
        mov [RW + V_DETAIL], eax
        mov esi, ebx
        shl esi, 15
        add esi, ALL_CASES
        mov edi, CASES
        mov ecx, BATCH_CASES * CASE_SIZE / 4
        rep movsd
        mov esi, PRISTINE
        mov edi, DATA
        mov ecx, 0x10000 / 4
        rep movsd
        mov eax, CR0_WANTED
        mov [RW + V_CR0], eax
        mov dword [RW + V_CR3], TABLES
        mov dword [RW + V_CR4], CR4_WANTED
        fninit
        ret

end_batch:
        mov esi, DATA
        mov ecx, 0x10000 / 4
        call hash
        mov ebx, [RW + V_BATCH]
        shl ebx, 3
        mov [SUMMARIES + ebx], edx
        fxsave [FXSAVE_AT]
        mov esi, FXSAVE_AT
        mov ecx, 512 / 4
        call hash
        mov [SUMMARIES + ebx + 4], edx
        mov edi, ebx
        shl edi, 10
        add edi, ALL_RESULTS
        mov esi, RESULTS
        mov ecx, BATCH_CASES * 8 / 4
        rep movsd
        ret

hash:                                   ; ESI, ECX dwords -> EDX
        xor edx, edx
        HASH
        ret

%include "protected.inc"
%include "real.inc"
%include "long.inc"

; --- Tables ---------------------------------------------------------------------------------------

align 8
gdt:    dq 0
        dq 0x000093020000FFFF           ; 08 SEL_D16
        dq 0x004093020000FFFF           ; 10 SEL_D32
        dq 0x00009B030000FFFF           ; 18 SEL_C16
        dq 0x00409B030000FFFF           ; 20 SEL_C32
        dq 0x0040F3020000FFFF           ; 28 SEL_UD32
        dq 0x0040FB030000FFFF           ; 30 SEL_UC32
        dq 0x0000FB030000FFFF           ; 38 16-bit code, user
        dq 0x00409F030000FFFF           ; 40 conforming code
        dq 0x004013020000FFFF           ; 48 data, not present
        dq 0x0040F1020000FFFF           ; 50 data, read-only
        dq 0x0040F7020000000F           ; 58 data, expand-down
        dq 0x0040F9030000FFFF           ; 60 code, execute-only
        dq 0x0000820000000000           ; 68 an LDT of one byte
        dq 0x0000EC0000208FFA           ; 70 a call gate to SEL_C32
        dq 0x00209B000000FFFF           ; 78 SEL_C64
        dq 0x0000F3000000FFFF           ; 80
        dq 0x0020FB000000FFFF           ; 88 SEL_UC64
        times 0x1C0 - ($ - gdt) db 0
        dq 0x00CF93000000FFFF           ; SEL_FLAT
        dq 0x00CF9B000000FFFF           ; SEL_CODE
        dq 0x00AF9B000000FFFF           ; SEL_LONG
        dq 0x00009B000000FFFF           ; SEL_CODE16
        dq 0x000093000000FFFF           ; SEL_DATA16
gdt_tss: dq 0x0000890040002088          ; SEL_TSS
gdt_df: dq 0x0000890062000067           ; SEL_TSS_DF
gdt_64: dq 0x0000890063000067, 0        ; SEL_TSS64
        dq 0x008F93000000FFFF           ; SEL_STACK16
gdtr:   dw $ - gdt - 1
        dd gdt
        dd 0
idtr32: dw 256 * 8 - 1
        dd IDT32
idtr64: dw 256 * 16 - 1
        dq IDT64
idtr16: dw 0x3FF
        dd 0

align 4
apic_registers:
        dd LAPIC_SVR, 0x1FF
        dd LAPIC_LVT_LINT0, 0x700       ; the 8259
        dd LAPIC_LVT_LINT1, 0x400
        dd LAPIC_LVT_TIMER, LAPIC_LVT_MASKED
        dd LAPIC_LVT_ERROR, LAPIC_LVT_MASKED
        dd LAPIC_LVT_PERF, LAPIC_LVT_MASKED
        dd LAPIC_LVT_THERMAL, LAPIC_LVT_MASKED
        dd LAPIC_INITIAL_COUNT, 0
        dd LAPIC_DIVIDE, 0
        dd LAPIC_TPR, 0
        dd LAPIC_LDR, 0
        dd LAPIC_DFR, 0xFFFFFFFF
        dd LAPIC_ICR_HIGH, 0
        dd LAPIC_ESR, 0
.end:
bits 16
%include "lib_end.inc"
