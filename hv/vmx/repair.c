/*
 * vmx/repair.c: guest state that a processor comes to by itself and that VM entry refuses.
 *
 * A null selector, loaded in protected mode, leaves the type 0 in the segment register's hidden
 * part, which means nothing, since the register is unusable. A load in real mode makes it usable
 * again and need not write the type: SDM volume 3, "Switching Back to Real-Address Mode" (3A
 * 10.9.2). Entry wants the type of a segment that has been loaded from a descriptor: "Checks on
 * Guest Segment Registers" (3C 27.3.1.2). Real mode looks at no type, so one that passes is put
 * there.
 *
 * The other rules for segments need no repair. In virtual-8086 mode each way there (IRET, a task
 * switch) writes base, limit and rights as entry wants them. Base, G and D/B are as a descriptor
 * had them, or real mode has written them. SS and CS have DPL 0 wherever CR0.PE can be cleared. TR
 * and LDTR are loaded in protected mode alone.
 */
#include "cpu/x86.h"
#include "vmx/enter.h"
#include "vmx/vmcs.h"

#define SEGMENT_STEP (VMCS_GUEST_CS_ACCESS_RIGHTS - VMCS_GUEST_ES_ACCESS_RIGHTS)
#define AR_DATA      (AR_TYPE_WRITABLE | AR_TYPE_ACCESSED)

/* Of ES, SS, DS, FS or GS, if it has the type that a null selector leaves: no load of a descriptor
 * ends with "not accessed". */
static bool repair_segment(uint32_t field)
{
    uint64_t rights = vmcs_read(field);

    if (rights & (AR_UNUSABLE | AR_TYPE))
        return false;
    vmcs_write(field, rights | AR_DATA);
    return true;
}

bool vmx_repair_guest(void)
{
    bool repaired = false;

    for (uint32_t field = VMCS_GUEST_ES_ACCESS_RIGHTS; field <= VMCS_GUEST_GS_ACCESS_RIGHTS;
         field += SEGMENT_STEP)
        if (field != VMCS_GUEST_CS_ACCESS_RIGHTS && repair_segment(field))
            repaired = true;
    return repaired;
}
