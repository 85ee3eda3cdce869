; paging.asm: the page tables that the hypervisor runs on for the rest of its life.
;
;   virtual HV_PHYSICAL .. +4 GiB  all that the first 4 GiB of physical addresses hold
;   virtual HV_VIRT .. +2 MiB      the hypervisor's block
;   virtual 0 .. 4 GiB             nothing, so that a null pointer faults
;
; A processor that switches to long mode executes at low addresses while it does, so there is a
; second PML4 table, HV_PML4_START, in which 0 .. 4 GiB are the same physical addresses.
;
; All with 2 MiB pages, so that nine tables do. They lie inside the block, out of the guest's reach.
; Source: SDM volume 3, "4-Level Paging and 5-Level Paging" (3A 4.5).

bits 32

PAGE_PRESENT_WRITE equ ENTRY_P | ENTRY_RW

PDPT_LOW equ HV_PML4_START + PAGE_SIZE       ; offsets in the block
PD_LOW   equ HV_PML4_START + 2 * PAGE_SIZE   ; four of them, 1 GiB each
PDPT_HV  equ HV_PML4_START + 6 * PAGE_SIZE
PD_HV    equ HV_PML4_START + 7 * PAGE_SIZE
PD_END   equ HV_PML4_START + 8 * PAGE_SIZE
%if PD_END > HV_PAGE_TABLES_END
    %error "the page tables do not fit where hv/layout.h puts them"
%endif

; Which entry of which table maps HV_PHYSICAL and HV_VIRT.
PML4_LOW equ (HV_PHYSICAL >> 39) & 511
PML4_HV  equ (HV_VIRT >> 39) & 511
PDPTE_HV equ (HV_VIRT >> 30) & 511
PDE_HV   equ (HV_VIRT >> 21) & 511

; out: EAX = physical address of the PML4 table to start with, for CR3
paging_build:
    mov     ebx, [INFO(INFO_HV_BASE)]
    lea     edi, [ebx + HV_PAGE_TABLES]
    mov     ecx, (PD_END - HV_PAGE_TABLES) / 4
    xor     eax, eax
    rep     stosd

    lea     eax, [ebx + PDPT_LOW + PAGE_PRESENT_WRITE]
    mov     [ebx + HV_PML4 + PML4_LOW * 8], eax
    mov     [ebx + HV_PML4_START + PML4_LOW * 8], eax
    mov     [ebx + HV_PML4_START], eax
    lea     eax, [ebx + PDPT_HV + PAGE_PRESENT_WRITE]
    mov     [ebx + HV_PML4 + PML4_HV * 8], eax
    mov     [ebx + HV_PML4_START + PML4_HV * 8], eax

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
    lea     eax, [ebx + HV_PML4_START]
    ret
