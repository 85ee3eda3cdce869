; bench.asm: the demo "bench": TSC ticks of some operations, one line `bench NAME TICKS` each.
;
; An operation is a pair of routines: the same instructions with and without the one to be
; measured. Each is called 1000 times; the difference of their minima is the operation's cost. In
; Bochs an instruction is one tick, and the numbers are the same in every run.

%define BENCH_ROUNDS            1000
%define BENCH_INTERRUPTS_OFF    0
%define BENCH_INTERRUPTS_ON     1       ; the disk tells by IRQ that it has read

struc bench
.name:          resw 1
.with:          resw 1
.without:       resw 1
.interrupts:    resw 1
endstruc

section .bss
                alignb 4
bench_start:    resd 1
bench_best:     resd 1
bench_code:     resw 1
bench_left:     resw 1

section .text

bench_table:
        dw bench_name_cpuid, cpuid_with, cpuid_without, BENCH_INTERRUPTS_OFF
        dw bench_name_rdmsr, rdmsr_with, rdmsr_without, BENCH_INTERRUPTS_OFF
        dw bench_name_out80, out80_with, empty, BENCH_INTERRUPTS_OFF
        dw bench_name_in61, in61_with, empty, BENCH_INTERRUPTS_OFF
        dw bench_name_movcr0, movcr0_with, movcr0_without, BENCH_INTERRUPTS_OFF
        dw bench_name_int10, int10_with, int10_without, BENCH_INTERRUPTS_OFF
        dw bench_name_e820, e820_with, e820_without, BENCH_INTERRUPTS_OFF
        dw bench_name_int13, int13_with, int13_without, BENCH_INTERRUPTS_ON
bench_table_end:

bench_name_cpuid:       db "cpuid", 0
bench_name_rdmsr:       db "rdmsr", 0
bench_name_out80:       db "out80", 0
bench_name_in61:        db "in61", 0
bench_name_movcr0:      db "movcr0", 0
bench_name_int10:       db "int10", 0
bench_name_e820:        db "e820", 0
bench_name_int13:       db "int13", 0

demo_bench:
        test dword [cpu_edx], CPUID_1_EDX_TSC
        jnz .have_tsc
        call demo_skip
        db "this processor has no time stamp counter", 0
        ret
.have_tsc:
        SAY `  TSC ticks per operation, the least of 1000, loop taken off:\n`
        mov bx, bench_table
.next:
        call bench_possible
        jc .skip
        SAY `bench `
        mov si, [bx + bench.name]
        call say_text
        call bench_measure
        SAY ` `
        call say_decimal
        SAY `\n`
.skip:
        add bx, bench_size
        cmp bx, bench_table_end
        jb .next
        ret

; In: BX = an entry. Out: carry set if this machine cannot do it. Keeps BX.
bench_possible:
        cmp word [bx + bench.with], rdmsr_with
        je .rdmsr
        cmp word [bx + bench.with], int13_with
        je .int13
        clc
        ret
.rdmsr:
        mov ecx, MSR_IA32_APIC_BASE
        TRY rdmsr
        cmp byte [trap_vector], 0
        je .possible
        SAY `  rdmsr: not measured, this processor has no MSR 1Bh\n`
        stc
        ret
.int13:
        cmp byte [disk_method], "L"
        je .possible
        SAY `  int13: not measured, this drive cannot be read by LBA\n`
        stc
        ret
.possible:
        clc
        ret

; In: BX = an entry. Out: EAX = ticks. Keeps BX.
bench_measure:
        push bx
        mov ax, [bx + bench.with]
        call bench_minimum
        pop bx
        push eax
        push bx
        mov ax, [bx + bench.without]
        call bench_minimum
        pop bx
        mov edx, eax
        pop eax
        sub eax, edx
        jae .done
        xor eax, eax            ; on real machines a minimum can come out a tick too low
.done:
        ret

; In: AX = a routine, BX = its entry. Out: EAX = the fewest ticks of a call. The routine may
; change any register.
bench_minimum:
        mov [bench_code], ax
        mov dword [bench_best], -1
        mov word [bench_left], BENCH_ROUNDS
        cmp word [bx + bench.interrupts], BENCH_INTERRUPTS_ON
        je .next
        cli
.next:
        rdtsc
        mov [bench_start], eax
        call [bench_code]
        rdtsc
        sub eax, [bench_start]
        cmp eax, [bench_best]
        jae .not_less
        mov [bench_best], eax
.not_less:
        dec word [bench_left]
        jnz .next
        sti
        mov eax, [bench_best]
        ret

; --- The operations -------------------------------------------------------------------------

empty:
        ret

cpuid_with:
        xor eax, eax
        cpuid
        ret
cpuid_without:
        xor eax, eax
        ret

rdmsr_with:
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        ret
rdmsr_without:
        mov ecx, MSR_IA32_APIC_BASE
        ret

out80_with:
        out PORT_DELAY, al      ; the port that shows POST codes: harmless
        ret

in61_with:
        in al, 0x61
        ret

movcr0_with:
        mov eax, cr0
        mov cr0, eax
        ret
movcr0_without:
        mov eax, cr0
        ret

int10_with:                     ; where is the cursor?
        mov ah, 0x03
        xor bh, bh
        int 0x10
        ret
int10_without:
        mov ah, 0x03
        xor bh, bh
        ret

e820_with:                      ; the first entry
        xor ebx, ebx
        mov ecx, MAP_ENTRY
        mov edx, "PAMS"
        mov di, memory_map
        mov eax, 0xE820
        int 0x15
        ret
e820_without:
        xor ebx, ebx
        mov ecx, MAP_ENTRY
        mov edx, "PAMS"
        mov di, memory_map
        mov eax, 0xE820
        ret

int13_with:                     ; sector 1 of our volume again, by boot.asm's packet
        mov ah, 0x42
        mov dl, [boot_drive]
        mov si, disk_packet
        mov word [disk_packet.offset], sector_buffer
        mov word [disk_packet.count], 1
        int 0x13
        ret
int13_without:
        mov ah, 0x42
        mov dl, [boot_drive]
        mov si, disk_packet
        mov word [disk_packet.offset], sector_buffer
        mov word [disk_packet.count], 1
        ret
