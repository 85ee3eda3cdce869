; vmx.asm: the guest tries VMX for itself. For it there is no such thing.
%include "lib.inc"

; CALL16 "name", EAX, EBX, ECX: a VMCALL; prints the fault and EAX.
%macro HYPER 4
        mov eax, %2
        mov ebx, %3
        mov ecx, %4
        TRY vmcall
        SHOW %1, [fault]
        SHOW %1, eax, "_eax"
%endmacro

main:
        call faults_catch
        HYPER "version", HYPERCALL_MAGIC, 0, 0
        HYPER "wrong_magic", 0x12345678, 0, 0
        HYPER "zero_magic", 0, 0, 0
        HYPER "wrong_function", HYPERCALL_MAGIC, 99, 0
        HYPER "wild_reason", HYPERCALL_MAGIC, 2, 0xFFFFFFFF
        mov eax, 1
        cpuid
        SHOW "cpuid1_ecx", ecx
        mov eax, cr4
        SHOW "cr4", eax
        or eax, CR4_VMXE
        TRY mov cr4, eax
        SHOW "vmxe", [fault]
        mov eax, cr4
        SHOW "cr4_after", eax
        mov ecx, MSR_IA32_FEATURE_CONTROL
        TRY rdmsr
        SHOW "feature_control", [fault]
        mov ecx, 0x48B
        TRY rdmsr
        SHOW "vmx_proc2", [fault]
        mov ecx, MSR_IA32_FEATURE_CONTROL
        TRY wrmsr
        SHOW "feature_control_write", [fault]
        mov ecx, 0x40000000             ; outside the MSR bitmap's two ranges
        TRY rdmsr
        SHOW "far_msr", [fault]
        mov ecx, 0x79                   ; a microcode update is swallowed
        xor eax, eax
        xor edx, edx
        TRY wrmsr
        SHOW "microcode", [fault]
        TRY vmxoff
        SHOW "vmxoff", [fault]
        TRY vmresume
        SHOW "vmresume", [fault]
        mov eax, 1
        mov ecx, 7                      ; XSETBV of an XCR that does not exist
        mov ebx, cr4
        or ebx, CR4_OSXSAVE
        mov cr4, ebx
        xor edx, edx
        TRY xsetbv
        SHOW "xcr7", [fault]
        xor ecx, ecx
        mov eax, 5                      ; AVX without SSE
        TRY xsetbv
        SHOW "avx_without_sse", [fault]
        mov eax, 7
        TRY xsetbv
        SHOW "x87_sse_avx", [fault]
        xgetbv
        SHOW "xcr0", eax
        mov eax, 1
        cpuid
        SHOW "cpuid1_ecx_osxsave", ecx
        mov eax, cr4
        and eax, ~CR4_OSXSAVE
        mov cr4, eax
        mov eax, 1
        cpuid
        SHOW "cpuid1_ecx_no_osxsave", ecx
        END
%include "lib_end.inc"
