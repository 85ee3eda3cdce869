; qemu.asm: what the tests of QEMU itself need, by -DWAY=...
%include "lib.inc"

%define SVM             1               ; what a back end for SVM would find
%define COUNTERS        2               ; speaks as hv16 does: counters in memory, a log on COM2
%define TRIPLE          3               ; an exception without a handler, and none for that either

%define PORT_COM2       0x2F8

%macro LOG 1+
        mov si, %%text
        call log_text
        jmp %%behind
%%text: db %1, 0
%%behind:
%endmacro

main:
%if WAY == SVM
        mov eax, 0x80000001
        cpuid
        SHOW "features", ecx
        mov eax, 0x8000000A
        cpuid
        SHOW "svm_features", edx
        call faults_catch
        mov eax, 8                      ; in CR0, where it must not arrive, that is TS
        TRY db 0xF0, 0x0F, 0x22, 0xC0   ; LOCK MOV CR0, EAX: CR8, in any mode (AltMovCr8)
        SHOW "fault", [fault]
        xor eax, eax
        TRY db 0xF0, 0x0F, 0x20, 0xC0
        SHOW "cr8", eax
        mov eax, cr0
        SHOW "cr0", eax
        clts
        END
%elif WAY == COUNTERS
        mov di, counters                ; all of them are 0 but two
        mov cx, 8 * 128
        xor al, al
        rep stosb
        mov dword [counters + 8 * 10], 7           ; CPUID
        mov dword [counters + 8 * 18], 2           ; VMCALL
        LOG "hv16: options: none=at-all", 10, "hv16: counters: cpu 0 at 0x9000", 10
        LOG "hv16: end: the guest ended (code 0)", 10
.halted:
        cli
        hlt
        jmp .halted
counters        equ 0x9000
log_text:
        lodsb
        test al, al
        jz .done
        mov ah, al
        mov dx, PORT_COM2 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        mov dx, PORT_COM2
        mov al, ah
        out dx, al
        jmp log_text
.done:  ret
%elif WAY == TRIPLE
        lidt [.nothing]
        int3
.nothing: times 6 db 0
%endif
%include "lib_end.inc"
