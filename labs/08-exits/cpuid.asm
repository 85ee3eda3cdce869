; cpuid.asm: what CPUID says, leaf by leaf, and once in long mode with all registers full. With -DNATIVE
; it runs without hv16: that is what the processor itself says.
%include "lib.inc"
%include "pm.inc"

%define PML4            0x12000
%define PDPT            0x13000
%define PD              0x14000
%define FULL            0x5A5A000000000000

; LEAF "name", EAX, ECX: prints the four registers.
%macro LEAF 3
        mov eax, %2
        mov ecx, %3
        mov ebx, 0xBBBBBBBB
        mov edx, 0xDDDDDDDD
        cpuid
        SHOW %1, eax, "_eax"
        SHOW %1, ebx, "_ebx"
        SHOW %1, ecx, "_ecx"
        SHOW %1, edx, "_edx"
%endmacro

main:
        LEAF "0", 0, 0
        LEAF "1", 1, 0
        LEAF "2", 2, 0
        LEAF "4_0", 4, 0
        LEAF "4_1", 4, 1
        LEAF "4_3", 4, 3
        LEAF "6", 6, 0
        LEAF "7", 7, 0
        LEAF "d_0", 0xD, 0
        LEAF "d_1", 0xD, 1
        LEAF "d_2", 0xD, 2
        LEAF "hv", 0x40000000, 0
        LEAF "ext_0", 0x80000000, 0
        LEAF "ext_1", 0x80000001, 0
        LEAF "ext_2", 0x80000002, 0
        LEAF "ext_8", 0x80000008, 0
        mov eax, cr4
        or eax, CR4_OSXSAVE
        mov cr4, eax
        LEAF "1_osxsave", 1, 0
        mov eax, cr4
        and eax, ~CR4_OSXSAVE
        mov cr4, eax
        LEAF "1_again", 1, 0
        call tables
        call enter32
bits 32
        call long_mode
        call leave32
bits 16
        SHOW "long_eax", [seen]
        SHOW "long_ebx", [seen + 8]
        SHOW "long_ecx", [seen + 16]
        SHOW "long_edx", [seen + 24]
        mov eax, [seen + 4]
        or eax, [seen + 12]
        or eax, [seen + 20]
        or eax, [seen + 28]
        SHOW "long_upper", eax
        SHOW "long_others", [others]
        END

tables:
        push es
        push PML4 >> 4
        pop es
        xor di, di
        xor eax, eax
        mov cx, 3 * 1024
        rep stosd
        mov dword [es:0], PDPT + 3
        mov dword [es:PDPT - PML4], PD + 3
        mov dword [es:PD - PML4], 0x83  ; 2 MiB, present, writable, large
        pop es
        ret

bits 32
long_mode:
        mov eax, cr4
        or eax, CR4_PAE
        mov cr4, eax
        mov eax, PML4
        mov cr3, eax
        mov ecx, MSR_IA32_EFER
        rdmsr
        or eax, EFER_LME
        wrmsr
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        jmp SEL_CODE64:.long
bits 64
.long:
        mov rax, FULL + 0x40000000      ; a leaf is 32 bits, whatever is above them
        mov rbx, FULL + 3
        mov rcx, FULL
        mov rdx, FULL + 2
        mov rsi, FULL + 6
        mov rdi, FULL + 7
%assign number 8
%rep 8
        mov r%[number], FULL + number
%assign number number + 1
%endrep
        cpuid
        mov [abs seen], rax
        mov [abs seen + 8], rbx
        mov [abs seen + 16], rcx
        mov [abs seen + 24], rdx
        mov dword [abs others], 0
        mov rax, FULL + 6
        cmp rax, rsi
        je .rsi_kept
        or dword [abs others], 1 << 6
.rsi_kept:
        mov rax, FULL + 7
        cmp rax, rdi
        je .rdi_kept
        or dword [abs others], 1 << 7
.rdi_kept:
%assign number 8
%rep 8
        mov rax, FULL + number
        cmp rax, r%[number]
        je .kept%[number]
        or dword [abs others], 1 << number
.kept%[number]:
%assign number number + 1
%endrep
        push SEL_CODE32
        mov eax, .compatibility
        push rax
        o64 retf
bits 32
.compatibility:
        mov ax, SEL_DATA
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov eax, cr0
        and eax, ~CR0_PG
        mov cr0, eax
        mov ecx, MSR_IA32_EFER
        rdmsr
        and eax, ~EFER_LME
        wrmsr
        mov eax, cr4
        and eax, ~CR4_PAE
        mov cr4, eax
        ret

align 8
seen:   times 4 dq 0
others: dd 0xFFFFFFFF                   ; bit N: register N is not what it was
bits 16
%include "lib_end.inc"
