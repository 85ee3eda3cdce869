; tables.asm: more of EPT's tables than hv16 has pages for. With -DBASE the guest moves its APIC
; through 300 times 2 MiB, with -DFAR it touches 300 GiB where nothing is, by PAE paging, and does so
; twice. With -DSMP it is 200, once, and a second processor uses its memory and its own APIC.
%include "lib.inc"
%include "apic.inc"
%include "pm.inc"

%ifdef SMP
%define TIMES           200
%define ROUNDS          1
%else
%define TIMES           300
%define ROUNDS          2
%endif
%define ELSEWHERE       0x40000000
%define BIG             0x200000
%define PDPT            0x20000
%define PD              0x21000
%define LARGE_PAGE      0x83            ; present, writable
%define TPR             0x41
%define AP_PAGE         0x30            ; the vector of the SIPI: 0x30000
%define AP_STACK        0x6000
%define MEMORY          0x00400000      ; the second processor's
%define SIGN            0x12345678

main:
        call apic_find
        call apic_enable
        WR LAPIC_TPR, TPR
        mov ebx, MEMORY
        mov ecx, 16
.sign:
        mov dword [fs:ebx], SIGN
        add ebx, BIG
        a32 loop .sign
%ifdef SMP
        mov ax, AP_PAGE << 8
        mov es, ax
        mov byte [es:0], 0xEA
        mov dword [es:1], ap_start
        xor ax, ax
        mov es, ax
        WR LAPIC_ICR_HIGH, 1 << 24
%ifndef NO_INIT                        ; which Bochs 2.7 never forgets, with apic=off
        WR LAPIC_ICR, ICR_INIT
        mov ecx, 7000
        a32 loop $
%endif
        WR LAPIC_ICR, ICR_STARTUP | AP_PAGE
.wait:  cmp dword [turns], 0
        je .wait
%endif
        mov byte [rounds], ROUNDS
.again:
%ifdef BASE
        mov edi, ELSEWHERE
        call move_through
%endif
%ifdef FAR
        call enter32
bits 32
        call touch_far
        call leave32
bits 16
        call big_limits
%endif
        dec byte [rounds]
        jnz .again
        RD LAPIC_TPR
        SHOW "tpr", eax
        SHOW "right", [right]
        mov ebx, MEMORY                 ; and memory is still memory
        mov ecx, 16
.count: cmp dword [fs:ebx], SIGN
        jne .other
        inc dword [kept]
.other: add ebx, BIG
        a32 loop .count
        SHOW "kept", [kept]
%ifdef SMP
        mov eax, [turns]
.more:  cmp [turns], eax                ; it runs on
        je .more
        SHOW "bad", [bad]
%endif
        END

move_through:
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        mov [base], eax
        mov bp, TIMES
.next:  mov eax, [base]
        and eax, 0xFFF
        or eax, edi
        xor edx, edx
        mov ecx, MSR_IA32_APIC_BASE
        wrmsr
        cmp dword [fs:edi + LAPIC_TPR], TPR
        jne .wrong
        inc dword [right]
.wrong: add edi, BIG
        dec bp
        jnz .next
        mov eax, [base]
        wrmsr
        ret

bits 32
touch_far:
        mov dword [PDPT], PD + 1
        mov dword [PDPT + 4], 0
        mov edi, PDPT + 8
        xor eax, eax
        mov ecx, 6
        rep stosd
        mov dword [PD], LARGE_PAGE
        mov dword [PD + 4], 0
        mov dword [PD + 8], LARGE_PAGE
        mov dword [PD + 12], 1          ; 4 GiB
        mov eax, cr4
        or eax, CR4_PAE
        mov cr4, eax
        mov eax, PDPT
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        mov ecx, TIMES
.next:  cmp dword [BIG], -1             ; nothing is there
        jne .wrong
        inc dword [right]
.wrong: add dword [PD + 8], 0x40000000
        adc dword [PD + 12], 0
        invlpg [BIG]
        loop .next
        mov eax, cr0
        and eax, ~CR0_PG
        mov cr0, eax
        mov eax, cr4
        and eax, ~CR4_PAE
        mov cr4, eax
        ret
bits 16

ap_start:
        xor ax, ax
        mov ss, ax
        mov ds, ax
        mov sp, AP_STACK
        call big_limits
        mov ebx, APIC_BASE_DEFAULT
        mov dword [fs:ebx + LAPIC_SVR], LAPIC_SVR_ENABLE | 0xFF
.next:  inc dword [turns]
        movzx eax, byte [turns]
        mov [fs:ebx + LAPIC_TPR], eax
        cmp [fs:ebx + LAPIC_TPR], eax
        je .same
        inc dword [bad]
.same:  mov edx, 100                    ; an access to the APIC may be an exit
.again: mov esi, MEMORY
        mov cx, 16
.look:  cmp dword [fs:esi], SIGN
        je .good
        inc dword [bad]
.good:  add esi, BIG
        loop .look
        dec edx
        jnz .again
        jmp .next

align 4
base:           dd 0
right:          dd 0
kept:           dd 0
turns:          dd 0
bad:            dd 0
rounds:         db 0
%include "lib_end.inc"
