; ports.asm: devices that hv16 passes through, and the ports that it looks at on the way.
%include "lib.inc"

%define PCI_DATA        0xCFC

main:
        call faults_catch
        cli

        mov dx, PORT_PCI_ADDRESS        ; bus 0, device 0, function 0, register 0: the host bridge
        mov eax, 0x80000000
        out dx, eax
        in eax, dx
        SHOW "pci_address", eax
        mov dx, PCI_DATA
        in eax, dx
        SHOW "pci_bridge", eax
        mov dx, PCI_DATA + 2            ; the device number as a word
        xor eax, eax
        in ax, dx
        SHOW "pci_device", eax
        mov dx, PCI_DATA
        mov eax, 0x12345678
        in al, dx
        SHOW "pci_byte", eax
        mov dx, PORT_PCI_ADDRESS        ; register 8, revision and class
        mov eax, 0x80000008
        out dx, eax
        mov dx, PCI_DATA
        in eax, dx
        SHOW "pci_class", eax

        mov si, 0x10                    ; CMOS: floppies, disks, memory sizes
.cmos:
        mov ax, si
        out PORT_CMOS_INDEX, al
        in al, PORT_CMOS_DATA
        mov ah, al                      ; the value, and which
        mov bx, si
        mov al, bl
        movzx eax, ax
        SHOW "cmos", eax
        inc si
        cmp si, 0x40
        jb .cmos

        xor eax, eax
        in al, PORT_PIC1_DATA
        SHOW "pic_mask", eax
        in al, PORT_PIC2_DATA
        SHOW "pic2_mask", eax
        in al, 0x61
        and al, 3
        SHOW "port61", eax
        in al, PORT_SYSTEM_A
        SHOW "port92", eax
        mov eax, 0x12345678
        in al, PORT_SYSTEM_A
        SHOW "port92_only_al", eax
        mov eax, 0xFFFFFFFF
        mov dx, PORT_RESET_CONTROL
        in al, dx
        SHOW "cf9", eax
        mov al, 0x02                    ; chooses which reset, and does not start it
        out dx, al
        in al, dx
        SHOW "cf9_after", eax
        mov al, 0x00
        out dx, al
        call keyboard
        sti
        END

; The keyboard controller: its self-test, its command byte, and its output port.
keyboard:
        mov al, 0xAA                    ; self-test answers 55h
        call command
        call answer
        SHOW "kbd_test", eax
        mov al, 0x20                    ; read the command byte
        call command
        call answer
        SHOW "kbd_command", eax
        mov al, 0xD0                    ; read the output port
        call command
        call answer
        SHOW "kbd_output", eax
        push ax
        mov al, 0xD1                    ; and write it back as it was, bit 0 (no reset) set
        call command
        pop ax
        or al, 1
        out PORT_KBD_DATA, al
        mov al, 0xD0
        call command
        call answer
        SHOW "kbd_output_after", eax
        mov al, 0xED                    ; data to port 60h that follows no D1h: lights off
        out PORT_KBD_DATA, al
        call answer
        SHOW "kbd_ack", eax
        mov al, 0
        out PORT_KBD_DATA, al
        call answer
        SHOW "kbd_ack2", eax
        ret

command:
        push ax
.full:  in al, PORT_KBD_COMMAND
        test al, 2
        jnz .full
        pop ax
        out PORT_KBD_COMMAND, al
        ret
answer:
        xor eax, eax
        mov ecx, 1000000
.wait:  in al, PORT_KBD_COMMAND
        test al, 1
        jnz .ready
        a32 loop .wait
.ready: in al, PORT_KBD_DATA
        ret
%include "lib_end.inc"
