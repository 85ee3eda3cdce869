; dma_smp.asm: bus-master IDE, while a second processor interferes. Needs one with APIC ID 1.
%include "lib.inc"
%include "apic.inc"
%include "smp.inc"
%include "ide.inc"

%define TABLE           0x30000
%define EVIL_TABLE      0x31000         ; 64 KiB over the hypervisor
%define TARGET          0x40000
%define ROUNDS          20
%define LBA             1
%define PLACE_1         0xC000          ; the bus master's, and another one
%define PLACE_2         0xD000

%define DO_FLIP         0               ; changes the address in TABLE all the time
%define DO_START        1               ; starts EVIL_TABLE where the bus master will be next, all the time
%define DO_MOVE         2               ; moves the bus master, there and back

%macro AP_START 1
        mov byte [what], %1
        call ap_init_sipi
        SEND ICR_STARTUP | AP_PAGE
%endmacro

; START_EVIL PLACE: as fast as it goes.
%macro START_EVIL 1
        mov dx, %1
        add dx, BM_TABLE
        mov eax, EVIL_TABLE
        out dx, eax
        mov dx, %1
        mov al, BM_TO_MEMORY            ; it is stopped no earlier than the next time
        out dx, al
        mov al, BM_TO_MEMORY | BM_START
        out dx, al
%endmacro

main:
        cli
        call apic_find
        call apic_enable
        SIPI_TO AP_PAGE, ap_start
        call ide_find
        SHOW "bm", [bm]
        mov eax, HYPERCALL_MAGIC
        mov ebx, 3
        vmcall
        mov [hidden], eax
        mov edi, EVIL_TABLE
        mov [fs:edi], eax
        mov dword [fs:edi + 4], PRD_END
        mov edi, TABLE
        mov dword [fs:edi], TARGET
        mov dword [fs:edi + 4], PRD_END

%ifdef ALONE                            ; it waits for its SIPI since the start
        mov ebp, 1
        mov byte [what], DO_START
        mov word [evil_place], PLACE_1
        call moves
        mov dword [loops], 0
        SEND ICR_STARTUP | AP_PAGE
        call feed
        mov ebp, 20
.wait:
        call pause
        dec ebp
        jnz .wait
        SHOW "woken", [loops]
        END
%endif
        AP_START DO_FLIP                ; the table, between a look at it and its use
        mov ebp, ROUNDS
.flip:
        call transfer
        dec ebp
        jnz .flip
        SEND ICR_INIT
        SHOW "flip_done", [done]
        SHOW "flip_errors", [errors]
        SHOW "flip_other", [other]

        AP_START DO_START               ; starts at the new place, as soon as it is one
        call moves
        SEND ICR_INIT
        SHOW "start_loops", [loops]
        AP_START DO_MOVE                ; both move it at the same time
        call moves
        SEND ICR_INIT
        SHOW "move_loops", [loops]

        SEND ICR_INIT                   ; one that waits for its SIPI meanwhile
        mov eax, 0xE001
        call bar4_write
        mov byte [what], DO_START
        mov word [evil_place], 0xE000
        mov dword [loops], 0
        SEND ICR_STARTUP | AP_PAGE
        call pause
        SEND ICR_INIT
        SHOW "woken", [loops]
        mov eax, [ide]
        call bar4_read
        SHOW "bar4", eax

        mov word [bm], 0xE000           ; and afterwards
        BM BM_COMMAND
        xor al, al
        out dx, al
        call ide_reset
        mov edi, TABLE
        mov dword [fs:edi], TARGET
        mov dword [done], 0
        call transfer
        SHOW "after", [done]
        END

; To ROUNDS places, each of them new, with a disk that has data for whoever starts the bus master.
moves:
        mov dword [loops], 0
        mov ebp, ROUNDS
.next:
        movzx eax, word [evil_place]
        add ax, 0x10
        mov [evil_place], ax
        or al, 1
        call bar4_write
        call feed
        dec ebp
        jnz .next
        ret

; 64 KiB from the disk, of which nothing needs to come.
feed:
        mov dx, ATA + 7
        in al, dx
        test al, 0x80
        jnz .busy
        mov dx, ATA + 6
        mov al, 0xE0
        out dx, al
        mov dx, ATA + 2
        mov al, 128
        out dx, al
        inc dx
        mov al, LBA + 128               ; where the disk is after the last transfer: no seek
        out dx, al
        mov dx, ATA + 7
        mov al, READ_DMA
        out dx, al
        call pause                      ; 7,000 rounds: the bus master takes 4,000 in Bochs
.busy:
        jmp ide_reset

; One transfer, and what comes of it.
transfer:
        mov ebx, TABLE
        mov ecx, LBA
        mov ax, (READ_DMA << 8) | 128
        call dma_start
        call dma_wait
        mov al, [status]
        and al, 7
        cmp al, 4
        je .done
        cmp al, 2
        jne .other
        inc dword [errors]
        jmp ide_reset
.done:
        inc dword [done]
        ret
.other:
        inc dword [other]
        jmp ide_reset

; --- The other processor. CS is 0 ------------------------------------------------------------------

ap_start:
        AP_ENTER
        cmp byte [what], DO_START
        je .start
        cmp byte [what], DO_MOVE
        je .move
        mov edi, TABLE
        mov eax, TARGET
        mov ebx, [hidden]
.flip:
        mov [fs:edi], eax
        xchg eax, ebx
        jmp .flip
.start:
        START_EVIL [evil_place]
        call pause
        inc dword [loops]
        jmp .start
.move:
        mov eax, PLACE_2 | 1
        call bar4_write
        mov eax, PLACE_1 | 1
        call bar4_write
        inc dword [loops]
        jmp .move

align 4
hidden:         dd 0
what:           dd 0
done:           dd 0
errors:         dd 0
other:          dd 0
loops:          dd 0
evil_place:     dd PLACE_2
%include "lib_end.inc"
