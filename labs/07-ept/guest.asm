; guest.asm: uses the machine's memory in many places. MEM_MB and STEP say which.
; -DHIDDEN: the hypervisor's block; -DTYPES: memory types that change, and the APIC's page.
%include "lib.inc"
%include "pm.inc"

%define BLOCK           0x200000
%define LOW_FIRST       0x10000         ; free memory below 1 MiB
%define LOW_END         0x9E000
%ifndef MEM_MB
%define MEM_MB          32
%endif
%ifndef STEP
%define STEP            0x1000
%endif
%define TOP             (MEM_MB * 0x100000 - 0x10000)
%define TEXT            0xB8000 + 12 * 160
%define IOAPIC          0xFEC00000
%define BIOS_DATE       0xFFFFFFF5
%define PHYSBASE7       (MSR_IA32_MTRR_PHYSBASE0 + 14) ; the eighth pair of MTRRs: no BIOS uses it
%define PHYSMASK7       (PHYSBASE7 + 1)
%define CHANGED         0x800000        ; whose memory type -DTYPES changes
%define UNCACHEABLE     0

main:
        mov ax, 0x2401                  ; the BIOS opens A20
        int 0x15
        mov eax, HYPERCALL_MAGIC        ; where is the block?
        mov ebx, 3
        vmcall
        mov [block], eax
        call enter32
bits 32
%ifdef HIDDEN
        call hidden
%elifdef TYPES
        call types
%else
        call memory
        call devices
        call execute
%endif
        call leave32
bits 16
        SHOW "places", [places]
        SHOW "wrong", [wrong]
        SHOW "wrong_at", [wrong_at]
%ifdef HIDDEN
        SHOW "ones", [ones]
        SHOW "ones_after", [ones_after]
        SHOW "below", [below]
        SHOW "behind", [behind]
        SHOW "jump", [jump]
%elifdef TYPES
        SHOW "wrong_uc", [wrong_uc]
        SHOW "ones", [ones]
%else
        SHOW "ran", [ran]
        SHOW "rom", [rom]
        SHOW "rom_low", [rom_low]
        SHOW "apic", [apic]
        SHOW "ioapic", [ioapic]
%endif
        mov eax, HYPERCALL_MAGIC
        mov ebx, 4
        vmcall
        SHOW "reads", eax
        SHOW "writes", edx
        END
bits 32

; --- Memory: written everywhere first, and read afterwards ---------------------------------------

memory:
        mov ebp, write_place
        call each_place
        mov dword [places], 0
        mov ebp, check_place
        jmp each_place

; Calls EBP with EDI = the address, everywhere but in the block.
each_place:
        mov edi, LOW_FIRST
        mov edx, LOW_END
        mov ecx, 0x1000
        call places_between
        mov edi, 0x100000
        mov edx, [block]
        mov ecx, STEP
        call places_between
        mov edi, [block]
        add edi, BLOCK
        mov edx, TOP

places_between:                         ; [EDI, EDX), ECX apart
        cmp edi, edx
        jae .done
        call ebp
        inc dword [places]
        add edi, ecx
        jmp places_between
.done:
        ret

write_place:
        mov eax, edi
        not eax
        mov [edi], eax
        mov [edi + 0xFFC], edi
        ret

check_place:
        mov eax, edi
        not eax
        cmp [edi], eax
        jne .wrong
        cmp [edi + 0xFFC], edi
        je .done
.wrong:
        cmp dword [wrong], 0
        jne .not_first
        mov [wrong_at], edi
.not_first:
        inc dword [wrong]
.done:
        ret

; --- Code: MOV EAX, its own address; RET ---------------------------------------------------------

execute:
        mov ebp, write_code
        call each_place
        mov dword [places], 0
        mov ebp, run_code
        jmp each_place

write_code:
        mov byte [edi], 0xB8
        mov [edi + 1], edi
        mov byte [edi + 5], 0xC3
        ret

run_code:
        call edi
        cmp eax, edi
        jne .done
        inc dword [ran]
.done:
        ret

; --- Devices and firmware ------------------------------------------------------------------------

devices:
        mov esi, seen_on_screen
        mov edi, TEXT
        mov ah, 0x07
.next:
        lodsb
        stosw
        cmp byte [esi], 0
        jne .next
        mov eax, [BIOS_DATE]
        mov [rom], eax
        mov eax, [0xFFFF5]              ; the same ROM, below 1 MiB
        mov [rom_low], eax
        mov eax, [APIC_BASE_DEFAULT + LAPIC_VERSION]
        mov [apic], eax
        mov dword [IOAPIC], 1           ; its version register
        mov eax, [IOAPIC + 0x10]
        mov [ioapic], eax
        ret

seen_on_screen: db NONCE, "video", 0

; --- The hypervisor's block -----------------------------------------------------------------------

%define PROBES 4

hidden:
        mov edi, ones
        call probe
        cmp dword [ones], PROBES
        jne .edges                      ; else the next lines would overwrite what is running
        mov ecx, PROBES
.write:
        mov eax, [offsets + ecx * 4 - 4]
        add eax, [block]
        mov dword [eax], 0x12345678
        loop .write
        mov edi, ones_after
        call probe
        mov eax, [block]
        TRY32 jmp eax
        mov eax, [fault]
        mov [jump], eax
.edges:
        mov eax, [block]
        mov dword [eax - 4], 0x11111111
        mov dword [eax + BLOCK], 0x22222222
        mov edx, [eax - 4]
        mov [below], edx
        mov edx, [eax + BLOCK]
        mov [behind], edx
        ret

probe:                                  ; [EDI] = how many of the probes read as ones
        mov ecx, PROBES
.next:
        mov eax, [offsets + ecx * 4 - 4]
        add eax, [block]
        cmp dword [eax], 0xFFFFFFFF
        jne .other
        inc dword [edi]
.other:
        loop .next
        ret

offsets:        dd 0, 0x1000, 0xF0000, BLOCK - 4

; --- Memory types change --------------------------------------------------------------------------

types:
        mov ebp, write_place
        call changed_places
        call ask_apic
        mov eax, CHANGED + 0x10000
        mov edx, 0xFFFFF000             ; one page
        call set_mtrr
        mov ebp, check_place
        call changed_places
        mov eax, [wrong]
        mov [wrong_uc], eax
        mov eax, [block]
        mov edx, ~(BLOCK - 1)
        call set_mtrr
        mov eax, [block]
        cmp dword [eax], 0xFFFFFFFF
        jne .not_hidden
        inc dword [ones]
.not_hidden:
        mov ecx, PHYSMASK7
        xor edx, edx
        xor eax, eax
        wrmsr
        mov dword [places], 0
        mov ebp, check_place
        call changed_places

ask_apic:
        mov ecx, 10
.next:
        mov eax, [APIC_BASE_DEFAULT + LAPIC_VERSION]
        loop .next
        ret

changed_places:
        mov edi, CHANGED
        mov edx, CHANGED + BLOCK
        mov ecx, STEP
        jmp places_between

set_mtrr:                               ; EAX: base, EDX: mask
        mov ebx, edx
        mov ecx, PHYSMASK7              ; not valid while the base is wrong
        xor edx, edx
        push eax
        xor eax, eax
        wrmsr
        pop eax
        or al, UNCACHEABLE
        mov ecx, PHYSBASE7
        wrmsr
        mov eax, ebx
        or eax, 0x800
        mov edx, 0xF
        mov ecx, PHYSMASK7
        wrmsr
        ret

align 4
block:          dd 0
places:         dd 0
wrong:          dd 0
wrong_at:       dd 0
wrong_uc:       dd 0
ran:            dd 0
ones:           dd 0
ones_after:     dd 0
below:          dd 0
behind:         dd 0
jump:           dd 0
rom:            dd 0
rom_low:        dd 0
apic:           dd 0
ioapic:         dd 0
bits 16
%include "lib_end.inc"
