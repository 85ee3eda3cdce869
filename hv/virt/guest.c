/*
 * virt/guest.c: a field of the guest's, in the VMCS or in the VMCB.
 */
#include "virt/guest.h"
#include "cpu/cpu.h"
#include "machine.h"
#include "svm/svm.h"

/* The access rights in the format of the VMCS, in which bits 11:8 are 0: they are in bits 15:12. */
static uint64_t rights_from_vmcb(uint16_t rights)
{
    uint64_t unusable = rights & AR_PRESENT ? 0 : AR_UNUSABLE;

    return unusable | (rights & 0xFF) | (uint64_t)(rights & 0xF00) << 4;
}

static uint16_t rights_to_vmcb(uint64_t rights)
{
    if (rights & AR_UNUSABLE)
        return 0;
    return (uint16_t)((rights & 0xFF) | (rights >> 4 & 0xF00));
}

/* An interrupt shadow is one after STI, for a VMCB does not tell. NMIs are svm/events.c's. */
static uint64_t blocking(const struct vmcb *vmcb)
{
    return (vmcb->shadow & SHADOW ? BLOCKING_STI : 0) | vmcb->kept.blocked;
}

static void set_blocking(struct vmcb *vmcb, uint64_t bits)
{
    vmcb->shadow = bits & (BLOCKING_STI | BLOCKING_MOV_SS) ? SHADOW : 0;
    vmcb->kept.blocked = bits & BLOCKING_NMI;
}

static void *place_in(struct vmcb *vmcb, uint32_t field)
{
    return (uint8_t *)vmcb + (field >> 16 & 0xFFF) * 2;
}

static __attribute__((noinline)) uint64_t vmcb_read(uint32_t field)
{
    const void *at = place_in(svm_vmcb(), field);

    switch ((enum vmcb_stored)(field >> VMCB_STORED)) {
    case VMCB_16:
        return *(const uint16_t *)at;
    case VMCB_RIGHTS:
        return rights_from_vmcb(*(const uint16_t *)at);
    case VMCB_32:
        return *(const uint32_t *)at;
    case VMCB_BLOCKING:
        return blocking(svm_vmcb());
    default:
        return *(const uint64_t *)at;
    }
}

static __attribute__((noinline)) void vmcb_write(uint32_t field, uint64_t value)
{
    void *at = place_in(svm_vmcb(), field);

    switch ((enum vmcb_stored)(field >> VMCB_STORED)) {
    case VMCB_16:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case VMCB_RIGHTS:
        *(uint16_t *)at = rights_to_vmcb(value);
        break;
    case VMCB_32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    case VMCB_BLOCKING:
        set_blocking(svm_vmcb(), value);
        break;
    default:
        *(uint64_t *)at = value;
    }
}

uint64_t guest_read(enum guest_field field)
{
    if (__builtin_expect(machine.is_svm, false))
        return vmcb_read(field);
    return vmcs_read_inline(field);
}

void guest_write(enum guest_field field, uint64_t value)
{
    if (__builtin_expect(machine.is_svm, false))
        vmcb_write(field, value);
    else
        vmcs_write_inline(field, value);
}

void guest_set_cr2(uint64_t address)
{
    write_cr2(address); /* with SVM, too: quirks.h, "CR2" */
    if (machine.is_svm)
        svm_vmcb()->cr2 = address;
}

void guest_set_dr6(uint64_t clear, uint64_t set)
{
    if (machine.is_svm)
        svm_vmcb()->dr6 = (svm_vmcb()->dr6 & ~clear) | set;
    else
        write_dr6((read_dr6() & ~clear) | set);
}
