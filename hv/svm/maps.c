/*
 * svm/maps.c: which ports and MSRs exit.
 * Source: APM volume 2, "IOIO Intercepts" (15.10), "MSR Intercepts" (15.11).
 */
#include "cpu/msr.h"
#include "cpu/x86.h"
#include "lib/bitmap.h"
#include "mem/pages.h"
#include "svm/svm.h"

#define IO_MAP_PAGES  3 /* a bit for each port, and the three after the last one */
#define MSR_MAP_PAGES 2
#define MSR_RANGE     0x2000 /* so many MSRs in each of three ranges, two bits for each MSR */

/* The number of an MSR's bit for reads; that for writes follows. */
static uint32_t msr_bit(uint32_t msr)
{
    uint32_t range = msr < 0xC0000000 ? 0 : msr < 0xC0010000 ? 1 : 2;

    return (range * MSR_RANGE + msr % MSR_RANGE) * 2;
}

void svm_trap_msr(const struct vcpu *vcpu, uint32_t msr, bool read, bool write)
{
    bitmap_set(vcpu->svm.msr_map, msr_bit(msr), read);
    bitmap_set(vcpu->svm.msr_map, msr_bit(msr) + 1, write);
}

void svm_trap_port(const struct vcpu *vcpu, uint16_t port, bool on)
{
    bitmap_set(vcpu->svm.io_map, port, on);
}

void svm_open_maps(struct vcpu *vcpu)
{
    vcpu->svm.io_map = pages_alloc(IO_MAP_PAGES);
    vcpu->svm.msr_map = pages_alloc(MSR_MAP_PAGES);
    svm_trap_port(vcpu, PORT_KBD_COMMAND, true);
    svm_trap_port(vcpu, PORT_SYSTEM_A, true);
    svm_trap_port(vcpu, PORT_RESET_CONTROL, true);
    svm_trap_msr(vcpu, MSR_IA32_EFER, true, true);
    svm_trap_msr(vcpu, MSR_IA32_BIOS_UPDT_TRIG, false, true);
    for (uint32_t msr = MSR_VM_CR; msr <= MSR_SVM_KEY; msr++)
        svm_trap_msr(vcpu, msr, true, true);
}
