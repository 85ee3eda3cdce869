; guest16.asm: the real-mode guest of hv16. This file is the contents page.
;
; guest16 is an ordinary boot sector with a program after it. The first sector of a partition or
; of a whole disk starts it, under hv16 or on the bare machine: it cannot tell which without
; asking, and asking (CPUID, VMCALL) is what several of its demos are about.
;
;   nasm -f bin -Ibuild/ -Iguest16/ [-DMAPFILE=build/guest16.map] -o build/guest16.bin \
;        guest16/guest16.asm
;
; Memory, all of it in segment 0, so that CS = DS = ES = SS = 0 everywhere:
;
;   0520  run state: what is left to do; survives a reset (run.asm)
;   7000  stack, downwards
;   7C00  boot record: loaded by whoever boots us, stays for its disk_read
;   8000  main program: sectors 1 and up of the volume
;   E000  variables and buffers (section .bss), cleared at the start

%ifdef MAPFILE
[map symbols MAPFILE]
%endif

%include "layout.inc"           ; constants that come from C: ports, hypercalls, sizes

%define RUN_STATE    0x0520
%define STACK_TOP    0x7000     ; not 7C00h: QEMU is slow when stack and code share a page
%define MAIN_ADDR    0x8000
%define BSS_ADDR     0xE000
%define MAX_SECTORS  48         ; of guest16.bin: 24 KiB, and the sectors below BSS_ADDR

        bits 16

section .boot start=0 vstart=BOOT_SECTOR_ADDR
section .text start=SECTOR_SIZE vstart=MAIN_ADDR
section .bss  nobits start=BSS_ADDR

%include "macros.asm"           ; SAY, TRY, CHECK
%include "boot.asm"             ; sector 0: loads the rest through INT 13h
%include "main.asm"             ; sector 1: header, start, menu
%include "run.asm"              ; which demos to run, their verdicts, the end of the run
%include "console.asm"          ; characters and numbers to the screen and to COM1
%include "trap.asm"             ; instructions that may fault
%include "hv.asm"               ; is hv16 there? and its hypercalls
%include "memory.asm"           ; the memory map (INT 15h AX=E820h)
%include "apic.asm"             ; the local APIC: its registers, its interrupts
%include "apic_report.asm"      ; its mode in words, counting exits by reason
%include "apic_latency.asm"     ; the time from a request to its handler
%include "irql.asm"             ; handlers that watch over the task priority
%include "long_mode.asm"        ; to long mode and back
%include "smp.asm"              ; the other processors

%include "bios.asm"             ; the demos, one file each
%include "bigreal.asm"
%include "cpuid.asm"
%include "hidden.asm"
%include "exits.asm"
%include "reset.asm"
%include "bench.asm"
%include "tpr_shadow.asm"
%include "spinlocks.asm"
%include "three_addresses.asm"
%include "x2apic_id.asm"
%include "init_ipi.asm"
%include "ipi.asm"
%include "bench_apic.asm"

section .text
        align SECTOR_SIZE, db 0
main_end:
%if ($ - $$) / SECTOR_SIZE + 1 > MAX_SECTORS
%error "guest16.bin has more than MAX_SECTORS sectors"
%endif

section .bss
bss_end:
%if ($ - $$) > 0x10000 - BSS_ADDR
%error "guest16's variables do not fit below 64 KiB"
%endif
