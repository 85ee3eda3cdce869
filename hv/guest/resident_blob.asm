; resident_blob.asm: the assembled resident, as bytes inside the hypervisor's image.

section .rodata
global resident_blob, resident_blob_end
resident_blob:
    incbin "resident.bin"
resident_blob_end:
