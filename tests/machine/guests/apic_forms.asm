; apic_forms.asm: instructions that nobody uses on the APIC's registers, and anybody may. 32-bit code
; on the initial count, a register of 32 bits that keeps what is written; the timer is masked. Each
; case notes the register, its own registers, and the flags that the manual defines. With -DHV16_ONLY
; also those of which Bochs's own APIC knows nothing: bytes, and what is between two registers. With
; -DREADS_DO_NOT_EXIT not the one that exits for the ROM alone, when its other operand is the APIC's.
%include "lib.inc"
%include "pm.inc"
%include "apic.inc"

%define REGISTER        LAPIC_INITIAL_COUNT
%define OTHER           LAPIC_ICR_HIGH  ; keeps bits 31:24
%define VALUE           0xA50F3C81
%define ALL             0x8D5           ; the status flags
%define NO_AF           0x8C5           ; of shifts by one, and of logical operations
%define ROTATED         0x0D5           ; by more: no OF
%define SHIFTED         0x0C5
%define BITS            0x041           ; of BT and its kin: CF and ZF
%define ROM             0xFF000
%define LOG             0x20000
%define PD              0x10000
%define UNMAPPED        0x800000
%define buffer          0x1F000

; NOTED_AS "name", FLAGS: what there is to note after an instruction.
%macro NOTED_AS 2
        call record
        db %1, 0
        dd %2
%endmacro
; CASE "name", FLAGS, INSTRUCTION: on [ebx], with EAX, ECX and EDX set, and CF 1.
%macro CASE 3+
        call set_up
        %3
        NOTED_AS %1, %2
%endmacro

main:
        call apic_find
        call enter32
bits 32
        mov ebx, [apic]
        mov dword [ebx + LAPIC_LVT_TIMER], LAPIC_LVT_MASKED
        add ebx, REGISTER
        call arithmetic
        call bits_and_shifts
        call exchanges
        call stack
        call strings
        call copies
        call faulty
%ifdef HV16_ONLY
        call bytes
%endif
        mov dword [ebx], 0
        call leave32
bits 16
        mov ax, LOG >> 4
        mov es, ax
        xor di, di
.next:
        mov si, [es:di]
        call say_text
        SHOW "_memory", [es:di + 4]
        call say_name
        SHOW "_eax", [es:di + 8]
        call say_name
        SHOW "_ecx", [es:di + 12]
        call say_name
        SHOW "_edx", [es:di + 16]
        call say_name
        SHOW "_flags", [es:di + 20]
        call say_name
        SHOW "_esp", [es:di + 24]
        call say_name
        SHOW "_moved", [es:di + 28]
        call say_name
        SHOW "_fault", [es:di + 32]
        call say_name
        SHOW "_cr2", [es:di + 36]
        add di, 40
        cmp di, [log_next]
        jb .next
        END
say_name:
        mov si, [es:di]
        jmp say_text

bits 32
arithmetic:
        CASE "adc", ALL, adc dword [ebx], 0x7F
        CASE "adc_reg", ALL, adc [ebx], edx
        CASE "adc_load", ALL, adc edx, [ebx]
        CASE "sbb", ALL, sbb dword [ebx], 0x7F
        CASE "sbb_load", ALL, sbb edx, [ebx]
        CASE "not", ALL, not dword [ebx]
        CASE "neg", ALL, neg dword [ebx]
        CASE "lock_adc", ALL, lock adc dword [ebx], -1
        CASE "lock_not", ALL, lock not dword [ebx]
        ret

bits_and_shifts:
        CASE "rol", NO_AF, rol dword [ebx], 1
        CASE "ror", ROTATED, ror dword [ebx], 7
        CASE "rcl", ROTATED, rcl dword [ebx], cl
        CASE "rcr", NO_AF, rcr dword [ebx], 1
        CASE "shl", SHIFTED, shl dword [ebx], cl
        CASE "shr", NO_AF, shr dword [ebx], 1
        CASE "sar", SHIFTED, sar dword [ebx], 9
        CASE "bt", BITS, bt dword [ebx], 7
        CASE "bts", BITS, bts dword [ebx], 30
        CASE "btr", BITS, btr dword [ebx], 31
        CASE "lock_btc", BITS, lock btc dword [ebx], 3
        CASE "bt_far", BITS, bt [ebx - 4], ecx ; ECX is 36: bit 4 of the next double word
        CASE "bts_far", BITS, bts [ebx - 4], ecx
        CASE "btr_far", BITS, btr [ebx - 4], ecx
        CASE "btc_before", BITS, btc [ebx + 16], eax
        ret

exchanges:
        CASE "xadd", ALL, xadd [ebx], edx
        CASE "lock_xadd", ALL, lock xadd [ebx], eax
        CASE "cmpxchg_other", ALL, cmpxchg [ebx], edx
        call set_up
        mov eax, VALUE
        stc
        lock cmpxchg [ebx], edx
        NOTED_AS "lock_cmpxchg_same", ALL
        ret

stack:
        call set_up
        push dword [ebx]
        pop edx
        NOTED_AS "push", ALL
        call set_up
        push dword 0x1D0B5C3A
        pop dword [ebx]
        NOTED_AS "pop", ALL
        call set_up
        push dword [ebx]
        not dword [esp]
        pop dword [ebx]
        NOTED_AS "push_pop", ALL
        ret

strings:
        CASE "scas", ALL, scasd
        call set_up
        mov eax, VALUE
        repne scasd                     ; ends at once
        NOTED_AS "repne_scas", ALL
        call set_up
        mov edi, buffer
        cmpsd
        NOTED_AS "cmps_from", ALL
        call set_up
        mov esi, buffer
        cmpsd
        NOTED_AS "cmps_with", ALL
        call set_up
        mov esi, ebx
        mov edi, buffer
        std
        repe cmpsd                      ; ends at once
        cld
        NOTED_AS "repe_cmps", ALL
        call set_up
        mov esi, ebx
        mov ecx, 1
        repe cmpsd                      ; with itself
        NOTED_AS "cmps_itself", ALL
        ret

; MOVS between the page and what is no ordinary memory either.
copies:
        call set_up
        mov esi, ebx
        lea edi, [ebx + OTHER - REGISTER]
        movsd
        mov edx, [ebx + OTHER - REGISTER]
        NOTED_AS "apic_to_apic", ALL
        call set_up
        mov esi, ROM
        movsd
        NOTED_AS "rom_to_apic", ALL
%ifndef READS_DO_NOT_EXIT
        call set_up
        mov esi, ebx
        mov edi, ROM
        movsd
        mov edx, [ROM]
        NOTED_AS "apic_to_rom", ALL
%endif
        call set_up
        mov esi, ROM
        mov edi, ROM + 4
        mov ecx, 8
        rep movsb
        mov edx, [ROM + 4]
        NOTED_AS "rom_to_rom", ALL
        call set_up
        push dword [ROM]
        pop dword [ROM + 8]
        mov edx, [ROM + 8]
        NOTED_AS "pop_to_rom", ALL
        call set_up
        mov edi, ROM
        xadd [edi], eax
        xor edx, edx
        cmpxchg [edi + 1], ecx
        setc [edi + 2]
        rcl word [edi + 3], cl
        mov edx, [edi]
        NOTED_AS "xadd_rom", 0
        ret

; The other operand is one that the guest may not use.
faulty:
        mov ax, SEL_DATA16              ; 64 KiB
        mov es, ax
        call set_up
        mov esi, ebx
        mov edi, 0xFFFD
        TRY32 movsd
        NOTED_AS "movs_limit", 0
        mov ax, SEL_DATA
        mov es, ax

        mov edi, PD
        mov ecx, 1024
        xor eax, eax
        rep stosd
        mov dword [PD], 0x83            ; 4 MiB each: memory, ...
        mov dword [PD + 4], 0x400081    ; ... at 4 MiB, that cannot be written
        mov dword [PD + (0xFEC00000 >> 20)], 0xFEC00083
        mov eax, cr4
        or eax, CR4_PSE
        mov cr4, eax
        mov eax, PD
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG | 0x10000        ; WP
        mov cr0, eax
        call set_up
        mov esi, ebx
        mov edi, UNMAPPED
        TRY32 movsd
        NOTED_AS "movs_absent", 0
        call set_up
        mov esi, ebx
        mov edi, UNMAPPED - 2
        TRY32 movsd
        NOTED_AS "movs_read_only", 0
        call set_up
        mov edi, UNMAPPED
        mov esi, ebx
        TRY32 cmpsd
        NOTED_AS "cmps_absent", 0
        mov eax, cr0
        and eax, ~(CR0_PG | 0x10000)
        mov cr0, eax
        mov eax, cr4
        and eax, ~CR4_PSE
        mov cr4, eax
        ret

%ifdef HV16_ONLY
bytes:
        add ebx, LAPIC_TPR - REGISTER
        mov dword [ebx], 0x21
        stc
        setc [ebx]
        mov eax, [ebx]
        mov [seen], eax
        clc
        setbe [ebx]
        mov eax, [ebx]
        mov [seen + 4], eax
        mov byte [ebx], 0x21
        rol byte [ebx], 1
        mov eax, [ebx]
        mov [seen + 8], eax
        mov dword [ebx], 0
        add ebx, REGISTER - LAPIC_TPR
        call set_up                     ; the register, then 12 bytes that read as 0
        xor eax, eax
        mov ecx, 4
        repne scasd
        NOTED_AS "repne_scas_4", ALL
        call set_up
        mov esi, table
        mov [old_esi], esi
        mov ecx, 4
        repe cmpsd
        NOTED_AS "repe_cmps_4", ALL
        mov eax, [seen]
        mov ecx, [seen + 4]
        mov edx, [seen + 8]
        NOTED_AS "bytes", 0
        ret
%endif

set_up:
        mov dword [ebx], VALUE
        mov dword [buffer], 0x12345678
        mov dword [fault], 0
        mov eax, -128 + 9
        mov edx, 0x77665544
        mov ecx, 36
        mov esi, ebx
        mov edi, ebx
        mov [old_esi], esi
        mov [old_edi], edi
        mov [old_esp], esp
        add dword [old_esp], 4
        test esp, esp                   ; the same flags each time
        stc
        ret

; The name, and which flags count, come after the call.
record:
        pushfd
        pushad
        cld
        mov esi, [esp + 36]             ; where the call returns to
        mov edi, [log_next]
        movzx edi, di
        add edi, LOG
        mov [edi], esi
        mov eax, [ebx]
        mov [edi + 4], eax
        mov eax, [esp + 28]
        mov [edi + 8], eax
        mov eax, [esp + 24]
        mov [edi + 12], eax
        mov eax, [esp + 20]
        mov [edi + 16], eax
        lea eax, [esp + 40]
        sub eax, [old_esp]
        mov [edi + 24], eax
        mov eax, [esp + 4]              ; how far ESI and EDI have gone, 16 bits of each
        sub eax, [old_esi]
        shl eax, 16
        mov edx, [esp]
        sub edx, [old_edi]
        mov ax, dx
        mov [edi + 28], eax
        mov eax, [fault]                ; the error code and the vector
        test eax, eax
        jz .good
        mov ah, [fault_frame]
.good:  mov [edi + 32], eax
        mov eax, cr2
        mov [edi + 36], eax
.name:  lodsb
        test al, al
        jnz .name
        lodsd
        and eax, [esp + 32]
        mov [edi + 20], eax
        mov [esp + 36], esi
        add word [log_next], 40
        popad
        popfd
        ret

align 4
table:          dd VALUE, 0, 0, 1
seen:           dd 0, 0, 0
old_esp:        dd 0
old_esi:        dd 0
old_edi:        dd 0
log_next:       dd 0
bits 16
%include "lib_end.inc"
