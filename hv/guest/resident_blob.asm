; resident_blob.asm: the assembled resident, as bytes inside the hypervisor's image.

section .rodata
global resident_blob, resident_blob_size
resident_blob:
    incbin "resident.bin"
.end:
align 4, db 0
resident_blob_size:
    dd      resident_blob.end - resident_blob
