/*
 * init/start.c: see start.h.
 * Source: SDM volume 3, "MP Initialization Example" (3A 9.4.4).
 */
#include "init/start.h"
#include "apic/apic.h"
#include "apic/physical.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "lib/string.h"
#include "machine.h"
#include "model/processors.h"
#include "vmx/capabilities.h"
#include "vmx/fields.h"

#define AFTER_INIT       10000
#define AFTER_SIPI       200
#define PATIENCE         100000
#define MEMORY_WITH_ACPI 0x100000000ull

struct trampoline_data { /* init/trampoline.asm */
    uint64_t cr3, cr0, stack, vcpu, entry;
};

extern const uint8_t trampoline[];
extern const uint32_t trampoline_data_offset, trampoline_size;

static void delay(uint32_t microseconds)
{
    for (uint32_t i = 0; i < microseconds; i++)
        in8(PORT_DELAY);
}

/* Waits so many microseconds, or until the processor is there, or says that it will not be. */
static bool wait_for(const struct vcpu *vcpu, uint32_t microseconds)
{
    for (uint32_t i = 0; i < microseconds; i++) {
        if (__atomic_load_n(&vcpu->takes_nmis, __ATOMIC_ACQUIRE) ||
            __atomic_load_n(&vcpu->unfit, __ATOMIC_ACQUIRE))
            return true;
        delay(1);
    }
    return false;
}

_Noreturn void cpu_leave_out(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->unfit, true, __ATOMIC_RELEASE);
    halt_for_ever();
}

void cpus_place_trampoline(struct vcpu *vcpu, void (*entry)(struct vcpu *))
{
    struct trampoline_data *data = physical_pointer(TRAMPOLINE_ADDR + trampoline_data_offset);

    memcpy(physical_pointer(TRAMPOLINE_ADDR), trampoline, trampoline_size);
    data->cr3 = read_cr3();
    data->cr0 = read_cr0();
    data->stack = (uint64_t)(vcpu->stack + VCPU_STACK_SIZE);
    data->vcpu = (uint64_t)vcpu;
    data->entry = (uint64_t)entry;
}

/* INIT, because the firmware may have left it in any state; then twice SIPI, as the first may be
 * lost. */
static bool start(struct vcpu *vcpu)
{
    cpus_place_trampoline(vcpu, cpu_main);
    physical_apic_send(vcpu->apic_id, IPI_INIT);
    wait_for(vcpu, AFTER_INIT);
    for (uint32_t tries = 0; tries < 2; tries++) {
        physical_apic_send(vcpu->apic_id, IPI_STARTUP | TRAMPOLINE_ADDR >> 12);
        if (wait_for(vcpu, AFTER_SIPI))
            return true;
    }
    return wait_for(vcpu, PATIENCE);
}

static void start_next(uint32_t apic_id)
{
    struct vcpu *vcpu = &vcpus[machine.cpus];
    uint64_t before = rdtsc();

    vcpu->id = machine.cpus++;
    vcpu->apic_id = apic_id;
    vcpu->unfit = false;
    if (start(vcpu) && !vcpu->unfit) {
        log_info("cpu %u: APIC ID %x, virtual-APIC address %lx, started in %lu ticks", vcpu->id,
                 apic_id, apic_virtual_address(vcpu), rdtsc() - before);
        return;
    }
    log_warn("the processor with APIC ID %x %s, and is left out", apic_id,
             vcpu->unfit ? "has VMX locked off by the firmware" : "does not answer INIT and SIPI");
    physical_apic_send(apic_id, IPI_INIT); /* should it come to itself, it is too late */
    machine.cpus--;
}

/* One processor reaches another by NMI (cpu/mail.h): these must exit, and be told apart. */
static const char *lacking(void)
{
    uint32_t can = (uint32_t)(vmx_capabilities.pin >> 32);

    return (can & PIN_VIRTUAL_NMIS) == 0       ? "no \"virtual NMIs\""
           : (can & PIN_PREEMPTION_TIMER) == 0 ? "no \"activate VMX-preemption timer\""
           : apic_way == NULL && (vmx_capabilities.misc & VMX_MISC_WAIT_FOR_SIPI) == 0
               ? "no activity state \"wait-for-SIPI\", which apic=off needs"
               : NULL;
}

void cpus_start(void)
{
    struct processors found;
    const char *why = lacking();

    machine.cpus = 1;
    if (machine.options.cpus == 1)
        return;
    processors_find(&found, physical_pointer(0), MEMORY_WITH_ACPI);
    if (!found.has_table)
        log_info("the firmware has no ACPI table of the processors (MADT): only this one is used");
    if (found.count + found.left_out < 2)
        return;
    if (why != NULL) {
        log_warn("%u processors, but only this one is used: %s", found.count, why);
        return;
    }
    for (uint32_t i = 0; i < found.count; i++) {
        if (found.id[i] != vcpus[0].apic_id && machine.cpus < machine.options.cpus)
            start_next(found.id[i]);
    }
    log_info("%u processors, found by ACPI", machine.cpus);
}
