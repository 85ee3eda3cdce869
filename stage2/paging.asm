; paging.asm: the page tables that the hypervisor runs on for the rest of its life.
;
;   virtual 0 .. 4 GiB            the same physical addresses: all that a PC's first 4 GiB hold
;   virtual HV_VIRT .. +2 MiB     the hypervisor's block
;
; All with 2 MiB pages, so that eight tables do. They lie inside the block, out of the guest's reach.
; Source: SDM volume 3, "4-Level Paging and 5-Level Paging" (3A 4.5).

bits 32

PAGE_PRESENT_WRITE equ ENTRY_P | ENTRY_RW

PML4     equ HV_PAGE_TABLES             ; offsets in the block
PDPT_LOW equ HV_PAGE_TABLES + PAGE_SIZE
PD_LOW   equ HV_PAGE_TABLES + 2 * PAGE_SIZE  ; four of them, 1 GiB each
PDPT_HV  equ HV_PAGE_TABLES + 6 * PAGE_SIZE
PD_HV    equ HV_PAGE_TABLES + 7 * PAGE_SIZE
PD_END   equ HV_PAGE_TABLES + 8 * PAGE_SIZE
%if PD_END > HV_PAGE_TABLES_END
    %error "the page tables do not fit where hv/layout.h puts them"
%endif

; Which entry of which table maps HV_VIRT.
PML4_HV  equ (HV_VIRT >> 39) & 511
PDPTE_HV equ (HV_VIRT >> 30) & 511
PDE_HV   equ (HV_VIRT >> 21) & 511

; out: EAX = physical address of the PML4 table, for CR3
paging_build:
    mov     ebx, [INFO(INFO_HV_BASE)]
    lea     edi, [ebx + PML4]
    mov     ecx, (PD_END - PML4) / 4
    xor     eax, eax
    rep     stosd

    lea     eax, [ebx + PDPT_LOW + PAGE_PRESENT_WRITE]
    mov     [ebx + PML4], eax
    lea     eax, [ebx + PDPT_HV + PAGE_PRESENT_WRITE]
    mov     [ebx + PML4 + PML4_HV * 8], eax

    lea     eax, [ebx + PD_LOW + PAGE_PRESENT_WRITE]
    lea     edi, [ebx + PDPT_LOW]
    mov     ecx, 4
.pdpte:
    mov     [edi], eax
    add     eax, PAGE_SIZE
    add     edi, 8
    loop    .pdpte

    mov     eax, PAGE_PRESENT_WRITE | ENTRY_PS
    lea     edi, [ebx + PD_LOW]
    mov     ecx, 4 * 512
.pde:
    mov     [edi], eax
    add     eax, 0x200000
    add     edi, 8
    loop    .pde

    lea     eax, [ebx + PD_HV + PAGE_PRESENT_WRITE]
    mov     [ebx + PDPT_HV + PDPTE_HV * 8], eax
    lea     eax, [ebx + (PAGE_PRESENT_WRITE | ENTRY_PS)]
    mov     [ebx + PD_HV + PDE_HV * 8], eax
    lea     eax, [ebx + PML4]
    ret
