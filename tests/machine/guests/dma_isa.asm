; dma_isa.asm: ISA DMA from the floppy that hv16 is on, channel 2 of the 8237: to the guest's own memory,
; and to where the hypervisor is.
; Source: Intel 8237A data sheet; Intel 82077AA data sheet, "Read Data".
%include "lib.inc"

%define DMA2_ADDRESS    0x04
%define DMA2_COUNT      0x05
%define DMA_MASK        0x0A
%define DMA_MODE        0x0B
%define DMA_FLIP_FLOP   0x0C
%define PAGE2           0x81
%define PAGE5           0x8B            ; a channel of 16 bits
%define FDC_STATUS      0x3F4
%define FDC_DATA        0x3F5
%define TARGET          0x50000
%define SECTORS         18
%define FILL            0x61616161
%define PATIENCE        200000

main:
        mov ax, 0x2401
        int 0x15
        call big_limits
        mov ax, 0x0000                  ; the BIOS puts the drive and its controller in order,
        mov dl, 0
        int 0x13
        mov ax, 0x0201                  ; and reads a sector: the motor runs, the head is on track 0
        mov bx, 0x1000
        mov cx, 0x0001
        mov dx, 0x0000
        push es
        push bx
        pop es
        xor bx, bx
        int 0x13
        pop es
        movzx eax, ax
        SHOW "bios", eax

        mov edi, TARGET
        mov dword [fs:edi], FILL
        mov al, TARGET >> 16
        call read
        mov edi, TARGET                 ; "EB xx" or so: an MBR's first bytes, and what the BIOS read
        mov eax, [fs:edi]
        SHOW "own", eax
        mov edi, 0x10000
        SHOW "own_bios", dword [fs:edi]

        mov eax, HYPERCALL_MAGIC
        mov ebx, 3
        vmcall
        SHOW "base", eax
        mov ebp, eax
        shr ebp, 16                     ; the first page of the block
        mov edi, 0xF0000
        mov eax, [fs:edi]
        mov [rom], eax
        mov ax, bp
        call read                       ; over the hypervisor's code
        in al, PAGE2
        movzx eax, al
        SHOW "page", eax
        mov edi, 0xF0000
        mov eax, [fs:edi]
        sub eax, [rom]
        SHOW "rom_changed", eax
        lea ax, [bp + 0x1F]             ; its last one, of a channel of 16 bits
        out PAGE5, al
        in al, PAGE5
        movzx eax, al
        SHOW "page5", eax
        lea ax, [bp + 0x20]             ; and the first one that is not
        out PAGE5, al
        in al, PAGE5
        movzx eax, al
        sub ax, bp
        SHOW "page5_after", eax
        mov ax, bp                      ; two registers in one OUT
        mov ah, al
        mov al, 1
        out PAGE5 - 1, ax
        in al, PAGE5
        movzx eax, al
        SHOW "page5_word", eax
        mov al, TARGET >> 16
        call read
        mov edi, TARGET
        mov eax, [fs:edi]
        SHOW "again", eax
        END

; AL = page: the first track, to its beginning.
read:
        mov [page], al
        mov al, 6                       ; channel 2 masked
        out DMA_MASK, al
        out DMA_FLIP_FLOP, al
        mov al, 0x46                    ; single, up, to memory
        out DMA_MODE, al
        xor al, al
        out DMA2_ADDRESS, al
        out DMA2_ADDRESS, al
        mov ax, SECTORS * 512 - 1
        out DMA2_COUNT, al
        mov al, ah
        out DMA2_COUNT, al
        mov al, [page]
        out PAGE2, al
        mov al, 2
        out DMA_MASK, al
        mov si, read_data
        mov cx, read_data_end - read_data
.command:
        lodsb
        call fdc_write
        loop .command
        mov cx, 7                       ; the result ends the command
.result:
        call fdc_read
        loop .result
        ret

fdc_write:                              ; AL
        push ax
        call fdc_wait
        pop ax
        mov dx, FDC_DATA
        out dx, al
        ret
fdc_read:
        call fdc_wait
        mov dx, FDC_DATA
        in al, dx
        ret
fdc_wait:
        push ecx
        mov ecx, PATIENCE
        mov dx, FDC_STATUS
.wait:
        in al, dx
        and al, 0xC0
        test al, 0x80
        jnz .over
        dec ecx
        jnz .wait
        SAY "the floppy controller does not answer", 10
.over:
        pop ecx
        ret

; Multiple tracks, MFM, skip; drive 0, cylinder 0, head 0, from sector 1, 512 bytes, to the 18th.
read_data:      db 0xE6, 0, 0, 0, 1, 2, SECTORS, 0x1B, 0xFF
read_data_end:
page:           db 0
align 4
rom:            dd 0
%include "lib_end.inc"
