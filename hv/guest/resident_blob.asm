; resident_blob.asm: the assembled resident, as bytes inside the hypervisor's image.

section .rodata
global resident_blob
resident_blob:
    incbin "resident.bin"
