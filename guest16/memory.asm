; memory.asm: the memory map as the BIOS tells it, and questions about it.

%define MEMORY_MAP_MAX  64
%define MAP_ENTRY       E820_ENTRY_SIZE
%define MEMORY_ACPI     3       ; ACPI tables, free once they were read

section .bss
                alignb 4
memory_count:   resw 1          ; entries of the map; 0: the BIOS has no E820h
                alignb 4
memory_map:     resb MEMORY_MAP_MAX * MAP_ENTRY

section .text

; Reads the whole map by INT 15h AX=E820h, "Query System Address Map" of the ACPI specification.
memory_read_map:
        pushad
        mov word [memory_count], 0
        mov di, memory_map
        xor ebx, ebx
.next:
        mov dword [di + E820_ENTRY_ATTRIBUTES], 1       ; for a BIOS that stores 20 bytes
        mov eax, 0xE820
        mov edx, "PAMS"         ; "SMAP" in the order of a constant in a register
        mov ecx, MAP_ENTRY
        int 0x15
        jc .done                ; some BIOSes say so that the map has ended
        cmp eax, "PAMS"
        jne .done
        inc word [memory_count]
        add di, MAP_ENTRY
        cmp word [memory_count], MEMORY_MAP_MAX
        jae .done
        test ebx, ebx
        jnz .next
.done:
        popad
        ret

; Is all of [EAX, EDX) memory: usable, or ACPI tables? BIOSes count the latter in some answers and
; not in others. Out: carry set if not. Below 4 GiB. Keeps all registers.
memory_is_ram:
        pushad
.from:                          ; up to EAX it is
        cmp eax, edx
        jae .yes
        mov si, memory_map
        mov cx, [memory_count]
        jcxz .no
.entry:
        cmp dword [si + E820_ENTRY_TYPE], E820_USABLE
        je .memory
        cmp dword [si + E820_ENTRY_TYPE], MEMORY_ACPI
        jne .next
.memory:
        cmp dword [si + E820_ENTRY_BASE + 4], 0
        jne .next
        cmp eax, [si + E820_ENTRY_BASE]
        jb .next
        call memory_entry_end
        cmp eax, edi
        jae .next
        mov eax, edi            ; this entry holds EAX: go on at its end
        jmp .from
.next:
        add si, MAP_ENTRY
        loop .entry
.no:
        popad
        stc
        ret
.yes:
        popad
        clc
        ret

; Does a usable entry touch [EAX, EDX)? Out: carry set if so. Below 4 GiB. Keeps all registers.
memory_overlaps_usable:
        pushad
        mov si, memory_map
        mov cx, [memory_count]
        jcxz .no
.entry:
        cmp dword [si + E820_ENTRY_TYPE], E820_USABLE
        jne .next
        cmp dword [si + E820_ENTRY_BASE + 4], 0
        jne .next
        cmp edx, [si + E820_ENTRY_BASE]
        jbe .next
        call memory_entry_end
        cmp eax, edi
        jb .yes
.next:
        add si, MAP_ENTRY
        loop .entry
.no:
        popad
        clc
        ret
.yes:
        popad
        stc
        ret

; In: SI = an entry that starts below 4 GiB. Out: EDI = its end, at most FFFFFFFFh.
memory_entry_end:
        mov edi, -1
        cmp dword [si + E820_ENTRY_LENGTH + 4], 0
        jne .done
        mov edi, [si + E820_ENTRY_BASE]
        add edi, [si + E820_ENTRY_LENGTH]
        jnc .done
        mov edi, -1
.done:
        ret
