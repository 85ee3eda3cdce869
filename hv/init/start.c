/*
 * init/start.c: one further processor after the other.
 * Source: SDM volume 3, "MP Initialization Example" (3A 9.4.4).
 */
#include "apic/apic.h"
#include "apic/physical.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "host/tables.h"
#include "init/init.h"
#include "lib/string.h"
#include "machine.h"
#include "model/processors.h"
#include "virt/virt.h"

#define AFTER_INIT       10000
#define AFTER_SIPI       200
#define PATIENCE         100000
#define MEMORY_WITH_ACPI 0x100000000ull

struct trampoline { /* how init/trampoline.asm begins */
    uint64_t jump;  /* over the rest of this */
    uint64_t cr3, cr0, stack, vcpu, entry;
};

extern const uint8_t trampoline[TRAMPOLINE_MAX];

/* Waits so many microseconds, or until the processor is there, or says that it will not be. */
static bool wait_for(const struct vcpu *vcpu, uint32_t microseconds)
{
    for (uint32_t i = 0; i < microseconds; i++) {
        if (__atomic_load_n(&vcpu->is_up, __ATOMIC_ACQUIRE) ||
            __atomic_load_n(&vcpu->unfit, __ATOMIC_ACQUIRE))
            return true;
        in8(PORT_DELAY); /* a microsecond */
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
    struct trampoline *copy = physical_pointer(TRAMPOLINE_ADDR);

    memcpy(copy, trampoline, TRAMPOLINE_MAX);
    copy->cr3 = machine.boot.hv_base + HV_PML4_START;
    copy->cr0 = read_cr0();
    copy->stack = (uint64_t)(vcpu->stack + VCPU_STACK_SIZE);
    copy->vcpu = (uint64_t)vcpu;
    copy->entry = (uint64_t)entry;
}

/* INIT, because the firmware may have left it in any state; then twice SIPI, as the first may be
 * lost. */
static bool start(struct vcpu *vcpu, void (*entry)(struct vcpu *))
{
    cpus_place_trampoline(vcpu, entry);
    physical_apic_send(vcpu->apic_id, LAPIC_ICR_INIT);
    wait_for(vcpu, AFTER_INIT);
    for (uint32_t tries = 0; tries < 2; tries++) {
        physical_apic_send(vcpu->apic_id, LAPIC_ICR_STARTUP | TRAMPOLINE_ADDR >> 12);
        if (wait_for(vcpu, AFTER_SIPI))
            return true;
    }
    return wait_for(vcpu, PATIENCE);
}

static void start_next(uint32_t apic_id, void (*entry)(struct vcpu *))
{
    struct vcpu *vcpu = &vcpus[machine.cpus];
    uint64_t before = rdtsc();

    vcpu->id = machine.cpus++;
    vcpu->apic_id = apic_id;
    vcpu->unfit = false;
    if (start(vcpu, entry) && !vcpu->unfit) {
        log_info("cpu %u: APIC ID %x, virtual-APIC address %lx, started in %lu ticks", vcpu->id,
                 apic_id, apic_virtual_address(vcpu), rdtsc() - before);
        return;
    }
    log_warn("the processor with APIC ID %x %s, and is left out", apic_id,
             vcpu->unfit ? "has VMX locked off by the firmware" : "does not answer INIT and SIPI");
    physical_apic_send(apic_id, LAPIC_ICR_INIT); /* should it come to itself, it is too late */
    machine.cpus--;
}

/* The others may not run on with a guest that has ended: an NMI exits or hits the hypervisor, and
 * exits/exception.c sees that it has. */
static void halt_the_others(void)
{
    for (uint32_t i = 0; i < machine.cpus; i++) {
        if (&vcpus[i] != tables_current_vcpu())
            physical_apic_send(vcpus[i].apic_id, LAPIC_ICR_NMI);
    }
}

void cpus_start(void (*entry)(struct vcpu *))
{
    struct processors found;
    const char *why = virt->lacks_for_several(apic_mode == NULL);

    machine.cpus = 1;
    end_call_first = halt_the_others;
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
            start_next(found.id[i], entry);
    }
    log_info("%u processors, found by ACPI", machine.cpus);
}
