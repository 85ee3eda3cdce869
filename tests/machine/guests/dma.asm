; dma.asm: bus-master IDE. As it stands: transfers that every guest may make, to compare with the
; bare machine. -DHOSTILE: transfers to and from hidden memory. -DKILL: one of them, and no more.
%include "lib.inc"
%include "ide.inc"

%define TABLE           0x30000
%define LONG_TABLE      0x32000
%define TARGET          0x40000         ; it is filled with FILL before each transfer
%define OTHER           0x50000
%define FILL            0x61616161
%define PATTERN_LBA     20              ; 2 KiB that nobody changes, and where they are in memory
%define PATTERN         (0x7C00 + PATTERN_LBA * 512)
%define SPARE_LBA       500             ; nobody's sectors
%define TABLE_MAX       512             ; entries: the longest that hv16 takes

; RUN "name", TABLE, LBA, SECTORS, COMMAND: a whole transfer, and what came of it.
%macro RUN 5
        mov ebx, %2
        mov ecx, %3
        mov ax, (%5 << 8) | %4
        call dma_start
        call dma_wait
        SHOW %1, [status], "_status"
%endmacro

; SET INDEX, ADDRESS, COUNT: an entry of TABLE. ADDRESS may be a register other than EDI.
%macro SET 3
        mov edi, TABLE + %1 * 8
        mov dword [fs:edi], %2
        mov dword [fs:edi + 4], %3
%endmacro

main:
        call big_limits
        call ide_find
        SHOW "bm", [bm]
%ifdef KILL
        call hidden_where
        SET 0, eax, PRD_END             ; 64 KiB over the hypervisor's code
        RUN "hidden", TABLE, PATTERN_LBA, 128, READ_DMA
%elifdef HOSTILE
        call hidden_where
        call hostile
%else
        call ordinary
%endif
        END

; EAX = base of the hidden block, and [base]
hidden_where:
        mov eax, HYPERCALL_MAGIC
        mov ebx, 3
        vmcall
        mov [base], eax
        SHOW "base", eax
        ret

; --- What every guest may do ------------------------------------------------------------------------

ordinary:
        mov ebx, 0x80000000             ; what there is on the bus
.device:
        lea eax, [ebx + PCI_CLASS]
        call pci_read
        shr eax, 16
        cmp ax, 0xFFFF
        je .none
        SHOW "class", eax
.none:
        add ebx, 0x100
        cmp ebx, 0x80010000
        jb .device

        call fill
        SET 0, TARGET, PRD_END | 512    ; sectors of our own
        RUN "one", TABLE, PATTERN_LBA, 1, READ_DMA
        SHOW "one_started", [started]
        SHOW "one_disk", [disk]
        call compare
        BM BM_TABLE
        in eax, dx
        SHOW "table", eax

        call fill                       ; three sectors in three pieces
        SET 0, TARGET, 256
        SET 1, TARGET + 256, 1024
        SET 2, TARGET + 1280, PRD_END | 256
        RUN "pieces", TABLE, PATTERN_LBA, 3, READ_DMA
        call compare

        call fill
        SET 0, TARGET, PRD_END          ; 0 is 64 KiB: more than the disk has been asked for
        RUN "short", TABLE, PATTERN_LBA, 2, READ_DMA
        call ide_reset

        mov edi, LONG_TABLE             ; the longest table: 2 sectors, 2 bytes each time
        mov eax, TARGET
        mov cx, TABLE_MAX
.next:
        mov [fs:edi], eax
        mov dword [fs:edi + 4], 2
        add eax, 2
        add edi, 8
        loop .next
        or dword [fs:edi - 4], PRD_END
        call fill
        RUN "long", LONG_TABLE, PATTERN_LBA, 2, READ_DMA
        call compare

        SET 0, PATTERN, PRD_END | 512    ; and to the disk
        RUN "write", TABLE, SPARE_LBA, 1, WRITE_DMA
        call fill
        SET 0, TARGET, PRD_END | 512
        RUN "again", TABLE, SPARE_LBA, 1, READ_DMA
        call compare

        call bar4_read                  ; how large is it, and to another place
        SHOW "bar4", eax
        mov eax, 0xFFFFFFFF
        call bar4_write
        call bar4_read
        SHOW "bar4_size", eax
        mov eax, 0xD001
        call bar4_write
        call bar4_read
        SHOW "bar4_moved", eax
        BM BM_STATUS
        in al, dx
        movzx eax, al
        SHOW "old_place", eax
        mov word [bm], 0xD000
        BM BM_TABLE
        in eax, dx
        SHOW "table_moved", eax
        call fill
        RUN "moved", TABLE, PATTERN_LBA, 1, READ_DMA
        call compare
        mov eax, [ide]                  ; BAR4 a byte at a time, to D050h
        add al, PCI_BAR4
        mov dx, PORT_PCI_ADDRESS
        out dx, eax
        mov dx, PCI_DATA
        mov al, 0x51
        out dx, al
        call bar4_read
        SHOW "bar4_byte", eax
        mov word [bm], 0xD050
        call fill
        RUN "byte", TABLE, PATTERN_LBA, 1, READ_DMA
        jmp compare

; 2 KiB at TARGET are FILL
fill:
        mov edi, TARGET
        mov cx, 512
.next:
        mov dword [fs:edi], FILL
        add edi, 4
        loop .next
        ret

; Shows how many dwords at TARGET are what INT 13h has read to PATTERN, from the first one on.
compare:
        mov edi, TARGET
        mov si, PATTERN
        xor ebx, ebx
.next:
        mov eax, [fs:edi]
        cmp eax, [si]
        jne .over
        add edi, 4
        add si, 4
        inc bx
        cmp bx, 512
        jb .next
.over:
        SHOW "same", ebx
        ret

; --- What hv16 must not let happen --------------------------------------------------------------------

; REFUSED "name", TABLE, LBA, SECTORS, COMMAND: the same as RUN, and a disk that goes on.
%macro REFUSED 5
        RUN %1, %2, %3, %4, %5
        SHOW %1, [started], "_started"
        BM BM_COMMAND
        in al, dx
        movzx eax, al
        SHOW %1, eax, "_stopped"
        call ide_reset
%endmacro

hostile:
        SET 0, eax, PRD_END | 512       ; to the block's first byte
        REFUSED "first", TABLE, PATTERN_LBA, 1, READ_DMA
        BM BM_STATUS                    ; the error stays until it is written
        in al, dx
        movzx eax, al
        SHOW "kept", eax
        mov al, 2
        out dx, al
        in al, dx
        movzx eax, al
        SHOW "cleared", eax
        BM BM_TABLE
        in eax, dx
        SHOW "table", eax

        mov eax, [base]                 ; over its lower edge, in the second entry
        sub eax, 510
        SET 0, TARGET, 512
        SET 1, eax, PRD_END | 512
        REFUSED "edge", TABLE, PATTERN_LBA, 2, READ_DMA
        mov eax, [base]                 ; its last two bytes
        add eax, 0x1FFFFE
        SET 0, eax, PRD_END | 512
        REFUSED "last", TABLE, PATTERN_LBA, 1, READ_DMA
        mov eax, [base]
        sub eax, 0x10000 - 2            ; a count of 0
        SET 0, eax, PRD_END
        REFUSED "64k", TABLE, PATTERN_LBA, 128, READ_DMA
        mov eax, 0xFEE00300
        SET 0, eax, PRD_END | 512
        REFUSED "apic", TABLE, PATTERN_LBA, 1, READ_DMA
        mov eax, [base]                 ; hidden memory to the disk
        SET 0, eax, PRD_END | 512
        REFUSED "out", TABLE, SPARE_LBA, 1, WRITE_DMA
        call fill
        SET 0, TARGET, PRD_END | 512
        RUN "after", TABLE, SPARE_LBA, 1, READ_DMA
        mov edi, TARGET
        SHOW "written", dword [fs:edi]

        mov eax, [base]                 ; the table itself
        add eax, 0x1000
        REFUSED "inside", eax, PATTERN_LBA, 1, READ_DMA
        mov edi, [base]                 ; it begins below the block
        mov dword [fs:edi - 8], TARGET
        mov dword [fs:edi - 4], 512
        sub edi, 8
        REFUSED "into", edi, PATTERN_LBA, 2, READ_DMA
        mov edi, LONG_TABLE             ; it has no end
        mov cx, TABLE_MAX + 1
.next:
        mov dword [fs:edi], TARGET
        mov dword [fs:edi + 4], 2
        add edi, 8
        loop .next
        or dword [fs:edi - 4], PRD_END
        REFUSED "endless", LONG_TABLE, PATTERN_LBA, 1, READ_DMA

        call fill                       ; the table is changed after the start
        SET 0, TARGET, PRD_END | 512
        mov ebx, TABLE
        mov ecx, PATTERN_LBA
        mov ax, (READ_DMA << 8) | 1
        call dma_start
        mov eax, [base]
        SET 0, eax, PRD_END | 512
        call dma_wait
        SHOW "changed_status", [status]
        call compare

        SET 0, TARGET, PRD_END | 512    ; the pointer is changed after the start
        call fill
        mov ebx, TABLE
        mov ecx, PATTERN_LBA
        mov ax, (READ_DMA << 8) | 1
        call dma_start
        BM BM_TABLE
        mov eax, [base]
        out dx, eax
        call dma_wait
        SHOW "pointer_status", [status]
        call compare

        mov eax, 0xD001                 ; another place
        call bar4_write
        mov word [bm], 0xD000
        mov eax, [base]
        SET 0, eax, PRD_END | 512
        REFUSED "moved", TABLE, PATTERN_LBA, 1, READ_DMA
        mov eax, 0xFFFFFFFF             ; what sizes BAR4 leaves it there, in Bochs
        call bar4_write
        REFUSED "sizing", TABLE, PATTERN_LBA, 1, READ_DMA
        mov eax, 0x2F1                  ; places of the hypervisor's own ports
        call bar4_write
        call bar4_read
        SHOW "bar4_com2", eax
        mov eax, 0xCF1
        call bar4_write
        call bar4_read
        SHOW "bar4_pci", eax
        mov eax, 0xD001
        call bar4_write

        BM BM_COMMAND                   ; the start bit, in a word and in a dword
        xor al, al
        out dx, al
        BM BM_TABLE
        mov eax, TABLE
        out dx, eax
        BM BM_COMMAND - 1
        mov ax, (BM_START | BM_TO_MEMORY) << 8
        out dx, ax
        call dma_wait
        SHOW "word_status", [status]
        BM BM_STATUS
        mov al, 2
        out dx, al
        BM BM_COMMAND
        mov eax, BM_START | BM_TO_MEMORY
        out dx, eax
        call dma_wait
        SHOW "dword_status", [status]

        call fill                       ; and after all that
        SET 0, TARGET, PRD_END | 512
        RUN "good", TABLE, PATTERN_LBA, 1, READ_DMA
        jmp compare

align 4
base:           dd 0
        times PATTERN - 0x7C00 - ($ - $$) db 0
%assign word 0x5A000000
%rep 512
        dd word
%assign word word + 1
%endrep
%include "lib_end.inc"
