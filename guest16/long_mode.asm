; long_mode.asm: to long mode and back, for the one thing that real mode lacks: MOV CR8.
;
; The way is the shortest that the architecture allows: paging and protection are switched on by
; one MOV to CR0. SDM volume 3, "Initializing IA-32e Mode" (3A 9.8.5). No interrupt is wanted
; meanwhile, for there is no IDT of 64-bit gates.

%define LONG_TABLES     0x10000         ; after guest16's segment: PML4, PDPT, four directories
%define LONG_DIRECTORY  0x2000          ; offset of the first directory
%define LONG_ENTRY      (ENTRY_P | ENTRY_RW)
%define LONG_PAGE       (LONG_ENTRY | ENTRY_PS) ; of 2 MiB
%define LONG_UNCACHED   (ENTRY_PCD | ENTRY_PWT) ; what a device's page should have
%define LONG_DEVICES    1536            ; the page from which on they are devices': 3 GiB

%define CPUID_LONG_MODE (1 << 29)       ; leaf 80000001h, EDX

%define LONG_CODE64     0x08            ; selectors of long_gdt
%define LONG_CODE16     0x10
%define LONG_DATA16     0x18

section .bss
                alignb 4
long_cr0:       resd 1
long_cr4:       resd 1

section .text

                align 8, db 0
long_gdt:       dq 0
                dq 0x00209A0000000000   ; 64-bit code
                dq 0x00009A000000FFFF   ; 16-bit code, base 0, 64 KiB
                dq 0x000092000000FFFF   ; data, base 0, 64 KiB
long_gdtr:      dw long_gdtr - long_gdt - 1
                dd long_gdt

; Out: carry set if this processor has no long mode.
long_mode_absent:
        pushad
        mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000001
        jb .done                ; carry is set
        mov eax, 0x80000001
        cpuid
        test edx, CPUID_LONG_MODE
        jnz .done               ; TEST has cleared carry
        stc
.done:
        popad
        ret

; Maps the first 4 GiB to themselves.
long_mode_prepare:
        pushad
        push es
        mov ax, LONG_TABLES >> 4
        mov es, ax
        xor di, di
        mov cx, LONG_DIRECTORY / 4
        xor eax, eax
        rep stosd               ; PML4 and PDPT
        mov dword [es:0], LONG_TABLES + 0x1000 + LONG_ENTRY
        mov eax, LONG_TABLES + LONG_DIRECTORY + LONG_ENTRY
        mov di, 0x1000
.directory:
        mov [es:di], eax
        add eax, 0x1000
        add di, 8
        cmp di, 0x1000 + 4 * 8
        jb .directory
        mov eax, LONG_PAGE
        mov di, LONG_DIRECTORY
        xor cx, cx
.page:
        cmp cx, LONG_DEVICES
        jne .same
        or al, LONG_UNCACHED
.same:
        mov [es:di], eax
        mov dword [es:di + 4], 0
        add eax, 0x200000
        add di, 8
        inc cx
        cmp cx, 4 * 512
        jb .page
        pop es
        popad
        ret

; Calls the 64-bit routine at BX in long mode, after long_mode_prepare. EAX and ECX are passed to
; it, and EAX comes back. EBX is lost; all other registers and the 4 GiB limits are kept.
long_mode_call:
        pushf
        push ecx
        push edx
        push esi
        push ebp
        cli
        mov ebp, eax
        mov esi, ecx
        mov eax, cr0
        mov [long_cr0], eax
        mov eax, cr4
        mov [long_cr4], eax
        or al, CR4_PAE
        mov cr4, eax
        mov eax, LONG_TABLES
        mov cr3, eax
        mov ecx, MSR_IA32_EFER
        rdmsr
        or eax, EFER_LME
        wrmsr
        movzx esp, sp           ; the 64-bit routine pushes by RSP
        movzx ebx, bx
        lgdt [long_gdtr]
        mov eax, cr0
        or eax, CR0_PE | CR0_PG
        mov cr0, eax
        jmp LONG_CODE64:.long

        bits 64
.long:
        mov eax, ebp
        mov ecx, esi
        call rbx
        mov ebp, eax
        jmp dword far [rel .back]       ; nasm's default is a 64-bit offset
.back:  dd .protected
        dw LONG_CODE16

        bits 16
.protected:                     ; compatibility mode: 16-bit code under long mode's paging
        mov eax, cr0
        and eax, 0x7FFFFFFF     ; PG off: that ends long mode
        mov cr0, eax
        mov ecx, MSR_IA32_EFER
        rdmsr
        and eax, ~EFER_LME
        wrmsr
        mov eax, [long_cr4]
        mov cr4, eax
        mov ax, LONG_DATA16     ; SS gets a descriptor that real mode can live with
        mov ss, ax
        mov eax, [long_cr0]
        mov cr0, eax
        jmp 0:.real
.real:
        xor ax, ax
        mov ss, ax
        mov eax, ebp
        pop ebp
        pop esi
        pop edx
        pop ecx
        popf
        ret
