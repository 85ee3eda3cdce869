; cpuid.asm: the demo "cpuid": what the processor says it is.
;
; CPUID always exits to a hypervisor, which answers as it likes. hv16 passes on what the
; processor says, except that it hides VMX (leaf 1, ECX bit 5), because it offers none to its guest,
; and says that it is there (bit 31 and leaf 40000000h).

section .bss
cpuid_text:     resb 49         ; 12 bytes of a vendor, 48 of a brand, as a text

section .text

demo_cpuid:
        cmp byte [cpuid_present], 0
        jne .present
        call demo_skip
        db "this processor has no CPUID instruction", 0
        ret
.present:
        call cpuid_vendor
        call cpuid_brand
        mov eax, 1
        cpuid
        mov [cpu_ecx], ecx
        SAY `  Leaf 1, ECX bit 5, VMX: `
        bt ecx, 5
        call say_bit
        call cpuid_say_expected
        test dword [cpu_ecx], CPUID_1_ECX_VMX
        jz .vmx_ok
        cmp byte [hv_present], 0        ; on the bare machine it may be set
.vmx_ok:
        CHECK e, "VMX is visible under hv16"

        SAY `  Leaf 1, ECX bit 31, a hypervisor is present: `
        bt dword [cpu_ecx], 31
        call say_bit
        mov al, [hv_present]
        or al, [hv_other]
        bt dword [cpu_ecx], 31
        setc ah
        cmp al, ah
        CHECK e, "the hypervisor bit changed since the start"
        test al, al
        jz .done

        SAY `  Leaf 40000000h: hypervisor "`
        mov eax, HV16_CPUID_LEAF
        cpuid
        mov [cpuid_text], ebx
        mov [cpuid_text + 4], ecx
        mov [cpuid_text + 8], edx
        mov byte [cpuid_text + 12], 0
        mov si, cpuid_text
        call say_text
        SAY `", highest leaf `
        call say_hex32
        SAY `h`
        mov di, hv_signature
        call same_text
        CHECK e, "the hypervisor's signature changed since the start"
.done:
        ret

cpuid_say_expected:
        cmp byte [hv_present], 0
        je .native
        SAY `, expected 0: hv16 hides it`
        ret
.native:
        SAY `, expected either: nobody hides it`
        ret

say_bit:                        ; prints the carry flag
        setc al
        add al, "0"
        jmp say_char

cpuid_vendor:
        xor eax, eax
        cpuid
        mov [cpuid_text], ebx
        mov [cpuid_text + 4], edx
        mov [cpuid_text + 8], ecx
        mov byte [cpuid_text + 12], 0
        push eax
        SAY `  Vendor "`
        mov si, cpuid_text
        call say_text
        SAY `", highest leaf `
        pop eax
        call say_hex32
        mov eax, 1
        cpuid
        SAY `h, signature `
        call say_hex32
        SAY `h\n`
        ret

; The brand string: three leaves of 16 characters.
cpuid_brand:
        mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000004
        jb .done                ; also where extended leaves do not exist: it is small then
        mov di, cpuid_text
        mov esi, 0x80000002
.next:
        mov eax, esi
        cpuid
        mov [di], eax
        mov [di + 4], ebx
        mov [di + 8], ecx
        mov [di + 12], edx
        add di, 16
        inc esi
        cmp esi, 0x80000004
        jbe .next
        mov byte [di], 0
        SAY `  It calls itself "`
        mov si, cpuid_text
.blank:                         ; Intel pads on the left
        cmp byte [si], " "
        jne .print
        inc si
        jmp .blank
.print:
        call say_text
        SAY `"\n`
.done:
        ret
