; three_addresses.asm: the demo "three-addresses": IA32_APIC_BASE, the APIC-access address, and the
; virtual-APIC address: what each is, and who handles an access.
;
; The TPR can be reached in three ways: on the page at IA32_APIC_BASE, by MSR 808H in x2APIC mode,
; and by MOV CR8 in long mode, which holds bits 7:4. A TPR shadow answers all three from one byte,
; offset 80H of the virtual-APIC page. So what one way writes, the others must read.
; SDM volume 3, "Virtualizing Reads from the APIC-Access Page" and its neighbours (3C 30.4).

%define THREE_WRITES    1000            ; of each way, for the exits

section .bss
                alignb 4
three_value:    resd 1                  ; the TPR that was written
three_access:   resd 1                  ; APIC-access address, or 0
three_virtual:  resd 1                  ; virtual-APIC address, or 0
three_trip:     resd 1                  ; exits of a trip to long mode and back
three_no_cr8:   resb 1                  ; 1: there is no long mode, so no CR8

section .text

demo_three_addresses:
        call apic_begin
        jc .done
        SAY `three-addresses: mode `
        call say_apic_mode
        SAY `\n`
        call three_bases
        call three_structures
        call three_others
        call long_mode_absent
        setc [three_no_cr8]
        jc .no_long_mode
        call long_mode_prepare
        mov bx, three_nothing
        call three_count_call
        mov [three_trip], eax
.no_long_mode:
        SAY `  Each way writes TPR 1000 times; then every way reads it:\n`
        call three_by_page
        call three_by_cr8
        test dword [cpu_ecx], CPUID_1_ECX_X2APIC
        jz .no_x2apic
        call apic_enter_x2apic
.no_x2apic:
        call three_by_msr
        cmp byte [apic_msr], 0
        je .end
        call three_by_cr8
.end:
        call apic_end
.done:
        ret

; --- The addresses ------------------------------------------------------------------------------

three_bases:
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        SAY `three-addresses: guest-base `
        call say_hex32
        SAY `\n`
        cmp byte [hv_present], 0
        je .native
        mov ebx, HYPERCALL_APIC_ADDRESSES
        call hypercall
        mov [three_access], ecx
        mov [three_virtual], edx
        SAY `three-addresses: machine-base `
        call say_hex32
        SAY `\n`
.native:
        ret

; The same on every other processor: one page for all, and one for each.
three_others:
        mov bx, three_record
        call smp_each
        mov si, smp_records
        test cx, cx
        jz .done
.next:
        SAY `three-addresses: cpu-`
        lodsd
        call say_hex8
        SAY ` guest-base `
        lodsd
        call say_hex32
        SAY `, apic-access `
        lodsd
        call say_hex32
        SAY `, virtual-apic `
        lodsd
        call say_hex32
        SAY `\n`
        dec cx
        jnz .next
.done:
        ret

three_record:                   ; on the other processor
        call smp_id
        stosd
        mov ecx, MSR_IA32_APIC_BASE
        rdmsr
        stosd
        xor ecx, ecx
        xor edx, edx
        cmp byte [hv_present], 0
        je .native
        mov ebx, HYPERCALL_APIC_ADDRESSES
        call hypercall
.native:
        mov eax, ecx
        stosd
        mov eax, edx
        stosd
        ret

; The two pages lie in hv16's block: the guest's accesses to their addresses reach neither.
three_structures:
        cmp byte [hv_present], 0
        je .done
        SAY `three-addresses: apic-access `
        mov esi, [three_access]
        call three_hidden
        SAY `three-addresses: virtual-apic `
        mov esi, [three_virtual]
        jmp three_hidden
.done:
        ret

three_hidden:                   ; ESI = address
        test esi, esi
        jz .none
        mov eax, esi
        call say_hex32
        SAY `, there the guest reads `
        add esi, LAPIC_TPR
        mov eax, [fs:esi]
        call say_hex32
        inc eax
        CHECK z, "the guest sees a page of hv16's"
        ret
.none:
        SAY `none in this mode\n`
        ret

; --- The ways -------------------------------------------------------------------------------------

three_by_page:
        cmp byte [apic_msr], 0
        jne .done               ; in x2APIC mode there is no page
        SAY `three-addresses: by page`
        mov eax, 0x50
        mov bx, three_write_tpr
        call three_count_call
        call three_exits
        jmp three_read_back
.done:
        ret

three_by_msr:
        cmp byte [apic_msr], 0
        je .absent
        SAY `three-addresses: by msr`
        mov eax, 0x60
        mov bx, three_write_tpr
        call three_count_call
        call three_exits
        jmp three_read_back
.absent:
        SAY `  MSR 808h: only in x2APIC mode\n`
        ret

three_by_cr8:
        cmp byte [three_no_cr8], 0
        jne .absent
        SAY `three-addresses: by cr8`
        mov eax, 0x70
        mov bx, three_write_cr8
        call three_count_call
        sub eax, [three_trip]
        call three_exits
        jmp three_read_back
.absent:
        SAY `  CR8: only in long mode, and this processor has none\n`
        ret

; Calls BX with TPR's new value in EAX. Out: EAX = exits.
three_count_call:
        mov [three_value], eax
        call bigreal_enter
        call count_begin
        call bx
        call count_end
        mov eax, [count_total]
        ret

three_write_tpr:
        mov cx, THREE_WRITES
        mov bx, LAPIC_TPR
.next:
        call apic_write
        loop .next
        ret

three_write_cr8:
        shr eax, 4
        mov ecx, THREE_WRITES
        mov bx, three_long_write
        jmp long_mode_call
three_nothing:
        mov bx, three_long_nothing
        jmp long_mode_call
three_read_cr8:
        mov bx, three_long_read
        jmp long_mode_call

        bits 64
three_long_write:               ; CR8 = EAX, ECX times
        mov cr8, rax
        loop three_long_write
        ret
three_long_read:
        mov rax, cr8
three_long_nothing:
        ret
        bits 16

three_exits:
        SAY `, exits `
        jmp say_decimal

; Goes on with the line: what the ways that there are read now, each time three_value.
three_read_back:
        mov bx, LAPIC_TPR
        call bigreal_enter
        call apic_read
        SAY `, page `
        cmp byte [apic_msr], 0
        je .show
        SAY `none, msr `
.show:
        call say_hex8
        sub eax, [three_value]
        mov edx, eax            ; 0 as long as all is well
        cmp byte [three_no_cr8], 0
        jne .verdict
        SAY `, cr8 `
        call three_read_cr8
        call say_hex8
        shl eax, 4
        sub eax, [three_value]
        or edx, eax
.verdict:
        test edx, edx
        CHECK z, "TPR reads back another value than was written"
        ret
