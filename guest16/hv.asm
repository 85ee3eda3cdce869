; hv.asm: is hv16 there, and asking it (hv/hypercall.h says what can be asked).

%define CPUID_1_ECX_XSAVE       (1 << 26)
%define CPUID_1_EDX_TSC         (1 << 4)
%define CPUID_1_EDX_MSR         (1 << 5)

section .bss
cpuid_present:  resb 1
hv_present:     resb 1          ; hv16 itself
hv_other:       resb 1          ; a hypervisor that is not hv16
cpu_has_svm:     resb 1          ; it has SVM
                alignb 4
cpu_ecx:        resd 1          ; CPUID.01H:ECX and EDX
cpu_edx:        resd 1
hv_signature:   resb 13         ; of leaf 40000000h, as a text
                alignb 4
hv_max_leaf:    resd 1

section .text

; Fills the variables above.
hv_detect:
        pushfd                  ; a processor has CPUID if EFLAGS.ID can be changed
        pop eax
        mov ecx, eax
        xor eax, RFLAGS_ID
        push eax
        popfd
        pushfd
        pop eax
        push ecx
        popfd
        xor eax, ecx
        test eax, RFLAGS_ID
        jz .done
        inc byte [cpuid_present]
        mov eax, 1
        cpuid
        mov [cpu_ecx], ecx
        mov [cpu_edx], edx
        test ecx, CPUID_1_ECX_HYPERVISOR
        jz .done
        mov eax, HV16_CPUID_LEAF
        cpuid
        mov [hv_max_leaf], eax
        mov [hv_signature], ebx
        mov [hv_signature + 4], ecx
        mov [hv_signature + 8], edx
        mov si, hv_signature
        mov di, hv_own_signature
        call same_text
        je .hv16
        inc byte [hv_other]
.done:
        ret
.hv16:
        inc byte [hv_present]
        mov eax, 0x80000000
        cpuid
        cmp eax, 0x8000000A     ; SVM's leaf: hv16 is called by VMMCALL there
        jb .done
        inc byte [cpu_has_svm]
        mov byte [hypercall.instruction + 2], 0xD9
        ret

; In: EBX = function, ECX = its argument. Out: EAX, EDX. Only if hv_present: without hv16
; VMCALL is #UD.
hypercall:
        mov eax, HYPERCALL_MAGIC
.instruction:
        vmcall
        ret

; One line: who runs us.
hv_say_who:
        cmp byte [hv_present], 0
        je .not_hv16
        SAY `hv16 `
        mov ebx, HYPERCALL_VERSION
        call hypercall          ; 0x0102 is version 1.2
        movzx ecx, al
        movzx eax, ah
        call say_decimal
        SAY `.`
        mov eax, ecx
        call say_decimal
        SAY ` is present: this is its guest.\n`
        ret
.not_hv16:
        SAY `hv16 is not present`
        cmp byte [hv_other], 0
        jne .other
        SAY `: the bare machine.\n`
        ret
.other:
        SAY `, another hypervisor is.\n`
        ret

; Skips the running demo if hv16 is not there. Out: ZF set if so.
hv_require:
        cmp byte [hv_present], 0
        jne .done
        call demo_skip
        db "hv16 is not present", 0
        cmp byte [hv_present], 0
.done:
        ret

hv_own_signature: db "hv16hv16hv16", 0
