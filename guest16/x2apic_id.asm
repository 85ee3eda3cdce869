; x2apic_id.asm: the demo "x2apic-id": who am I, asked in x2APIC mode.
;
; RDMSR 802H and CPUID must tell the same ID. A hypervisor with "APIC-register virtualization" lets
; the processor answer from the virtual-APIC page, whatever stands there: 8 bytes, and nobody
; checks them. SDM volume 3, "Virtualizing MSR-Based APIC Accesses" (3C 30.5).

%define X2APIC_ID       (MSR_X2APIC_FIRST + LAPIC_ID / 16)
%define X2APIC_POISON   0xDEADBEEF      ; bug=raw-page leaves this on the page

section .bss
                alignb 4
x2apic_cpuid_id: resd 1

section .text

demo_x2apic_id:
        test dword [cpu_ecx], CPUID_1_ECX_X2APIC
        jnz .present
        call demo_skip
        db "CPUID shows no x2APIC (under hv16: apic=x2apic or apic=posted show it)", 0
        ret
.present:
        call apic_begin
        jc .done
        SAY `x2apic-id: mode `
        call say_apic_mode
        SAY `\n`
        call x2apic_outside
        call x2apic_ask_cpuid
        call x2apic_ask_others
        call apic_enter_x2apic
        call x2apic_base
        call x2apic_ask_msr
        call apic_end
.done:
        ret

; Before EXTD is set, the MSR must not be there.
x2apic_outside:
        cmp byte [apic_msr], 0
        jne .inside             ; the firmware has been here
        SAY `  In xAPIC mode, RDMSR 802h: `
        mov ecx, X2APIC_ID
        TRY rdmsr
        call say_trap
        cmp byte [trap_vector], VECTOR_GP
        CHECK e, "MSR 802h can be read in xAPIC mode"
.inside:
        ret

; The x2APIC ID from leaf 0Bh, or the initial APIC ID of leaf 1 where there is no leaf 0Bh.
x2apic_ask_cpuid:
        xor eax, eax
        cpuid
        cmp eax, 0x0B
        jb .old
        mov eax, 0x0B
        xor ecx, ecx
        cpuid
        test ebx, ebx
        jz .old
        SAY `x2apic-id: cpuid-0bh `
        mov eax, edx
        jmp .have
.old:
        mov eax, 1
        cpuid
        mov eax, ebx
        shr eax, 24
        SAY `x2apic-id: cpuid-01h `
.have:
        mov [x2apic_cpuid_id], eax
        call say_hex32
        SAY `\n`
        ret

x2apic_base:
        SAY `  IA32_APIC_BASE with EXTD set, bits 31:0: `
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        call say_hex32
        SAY `h`
        and eax, APIC_BASE_EXTD | APIC_BASE_EN
        cmp eax, APIC_BASE_EXTD | APIC_BASE_EN
        CHECK e, "x2APIC mode cannot be entered"
        ret

x2apic_ask_msr:
        xor eax, eax
        mov ecx, X2APIC_ID
        TRY rdmsr
        SAY `x2apic-id: rdmsr-802h `
        xchg eax, edx
        call say_hex32
        SAY `:`
        xchg eax, edx
        call say_hex32
        SAY `\n`
        cmp eax, X2APIC_POISON
        jne .compare
        call x2apic_explain
.compare:
        SAY `  In decimal: `
        call say_decimal
        cmp byte [trap_vector], 0
        jne .wrong
        cmp eax, [x2apic_cpuid_id]
.wrong:
        CHECK e, "MSR 802h is not the ID that CPUID tells"
        ret

; The same on every other processor.
x2apic_ask_others:
        cmp byte [apic_msr], 0
        jne .done               ; the firmware's x2APIC mode: smp_each is not for that
        mov bx, x2apic_record
        call smp_each
        mov si, smp_records
        test cx, cx
        jz .done
.next:
        SAY `x2apic-id: cpu-`
        mov eax, [si]
        call say_hex8
        SAY ` rdmsr-802h `
        mov eax, [si + 4]
        call say_hex32
        SAY `:`
        mov eax, [si + 8]
        call say_hex32
        SAY `\n`
        mov eax, [si + 8]
        cmp eax, [si]
        CHECK e, "MSR 802h of another processor is not its ID"
        add si, SMP_RECORD
        dec cx
        jnz .next
.done:
        ret

x2apic_record:                  ; on the other processor: into x2APIC mode, and out again
        call smp_id
        stosd
        call apic_set_extd
        mov ecx, X2APIC_ID
        rdmsr
        xchg eax, edx
        stosd
        xchg eax, edx
        stosd
        jmp apic_clear_extd

x2apic_explain:
        SAY `  DEADBEEFh is what hv16 fills memory with that nobody has initialised. The\n`
        SAY `  processor read it from offset 20h of the virtual-APIC page: it does not put\n`
        SAY `  the ID there, the hypervisor must, on each processor's own page.\n`
        ret
