; uhci.asm: a USB controller writes to memory, with no USB device anywhere: in its list there is a
; transfer, and how that has failed is noted there.
; Source: Intel, "Universal Host Controller Interface (UHCI) Design Guide", "Data Structures".
%include "lib.inc"
%include "ide.inc"

%define PIIX3_USB       0x80000A00      ; device 1, function 2
%define UHCI_PORTS      0xC020          ; where Bochs's BIOS puts it
%define UHCI_LIST       8               ; register: address of the list
%define LIST            0x20000         ; 1024 dwords
%define QUEUE           0x30000         ; 2 dwords: next queue, first element
%define TRANSFER        0x31000
%define ACTIVE          0x00800000

main:
        cli
        call big_limits
        mov dword [ide], PIIX3_USB      ; bar4_write is about it
        mov eax, PIIX3_USB
        call pci_read
        SHOW "id", eax
        mov eax, PIIX3_USB + PCI_CLASS
        call pci_read
        shr eax, 16
        SHOW "class", eax
        mov eax, UHCI_PORTS | 1
        call bar4_write
        call bar4_read
        SHOW "bar4", eax
        mov eax, PIIX3_USB + 4
        call pci_read
        or al, 5                        ; ports, bus master
        mov dx, PCI_DATA
        out dx, eax
        mov dx, PCI_DATA + 2            ; half of the register
        in ax, dx
        movzx eax, ax
        SHOW "word", eax

        mov edi, TRANSFER
        mov dword [fs:edi], 1           ; the last one
        mov dword [fs:edi + 4], ACTIVE
        mov dword [fs:edi + 8], 0x69    ; from a device
        mov dword [fs:edi + 12], 0x32000
        mov edi, QUEUE
        mov dword [fs:edi], 1           ; no next one
        mov dword [fs:edi + 4], TRANSFER
        mov edi, LIST
        mov cx, 1024
.list:
        mov dword [fs:edi], QUEUE | 2
        add edi, 4
        loop .list
        mov dx, UHCI_PORTS + UHCI_LIST
        mov eax, LIST
        out dx, eax
        mov dx, UHCI_PORTS
        mov ax, 1                       ; run
        out dx, ax
        mov ecx, 100000                 ; 25 of its frames, in Bochs
        a32 loop $
        mov edi, TRANSFER
        SHOW "status", dword [fs:edi + 4]
        END
%include "lib_end.inc"
