/*
 * main.c: the contents page of the hypervisor.
 */
#include "apic/apic.h"
#include "boot.h"
#include "console/end.h"
#include "console/log.h"
#include "console/screen.h"
#include "cpu/cpu.h"
#include "dma/dma.h"
#include "exits/exits.h"
#include "guest/reset_vector.h"
#include "guest/resident.h"
#include "guest/restart.h"
#include "host/tables.h"
#include "init/init.h"
#include "machine.h"
#include "mem/ept.h"
#include "mem/pages.h"
#include "svm/svm.h"
#include "vmx/vmx.h"

/* stage2's structure lies in memory that will be the guest's. The options come first: the log looks
 * at them. */
static void take_boot_info(const struct boot_info *from_stage2)
{
    char error[OPTIONS_ERROR_SIZE];
    bool good;

    machine.boot = *from_stage2;
    good = options_parse(&machine.options, machine.boot.options, SECTOR_SIZE, error);
    if (machine.boot.magic != BOOT_INFO_MAGIC)
        end_refuse("stage2 and the hypervisor are not of one build: write the image again");
    if (!good)
        end_refuse("%s", error);
}

static void choose_wing(void)
{
    machine.is_svm = svm_exists() && (cpuid(1, 0).ecx & CPUID_1_ECX_VMX) == 0;
    virt = machine.is_svm ? &svm_operations : &vmx_operations;
}

static void announce(void)
{
    static const char *const a20[] = {"open already", "BIOS", "port 92h", "keyboard controller"};

    log_info("options: %s", machine.boot.options);
    log_info("boot drive 0x%02x, A20: %s, memory map: %u ranges", machine.boot.boot_drive,
             a20[machine.boot.a20_method], machine.boot.e820.count);
    log_info("hidden: 0x%lx-0x%lx", machine.boot.hv_base, machine.boot.hv_base + HV_BLOCK_SIZE - 1);
}

/* This processor into the mode in which guests run; the guest's own state is the caller's. */
static void open_cpu(struct vcpu *vcpu)
{
    virt->open(vcpu);
    apic_open(vcpu); /* apic/: what the guest gets instead of the machine's */
    dma_watch(vcpu); /* dma/:  the ports of devices that would reach us past EPT */
    log_info("counters: cpu %u at 0x%lx", vcpu->id, physical_address(vcpu->exits));
}

static _Noreturn void run(struct vcpu *vcpu)
{
    inbox_open(vcpu); /* init/: NMIs that hit us are the guest's, or say that there are notes */
    vcpu->countdown = 1;
    virt->run(vcpu); /* loop.c of vmx/ or svm/, exits/: the rest of the hypervisor's life */
}

/* Where each further processor arrives from init/trampoline.asm. */
static void cpu_main(struct vcpu *vcpu)
{
    tables_load(vcpu->id);
    if (!virt->enable())
        cpu_leave_out(vcpu);
    open_cpu(vcpu);
    init_power_up(vcpu); /* init/: it waits for the guest's SIPI */
    run(vcpu);
}

/* Called by hv_entry (entry.asm), on the processor that booted. It does not return. */
_Noreturn void hv_main(const struct boot_info *from_stage2)
{
    struct vcpu *vcpu = &vcpus[0];

    take_boot_info(from_stage2); /* where we are, what memory there is, what was asked for */
    announce();

    tables_on_nmi = exit_nmi_in_hypervisor; /* host/:  who is told of an NMI that hits us */
    tables_load(0);                         /*         GDT, TSS, IDT: now faults are reported */
    choose_wing();                          /* virt/:  the door to the processor's virtualization */
    virt->check_machine();                  /* vmx/ or svm/: every feature we need, or a refusal */
    virt->handle_exits(&exit_handlers);     /* exits/: a handler for each exit reason */
    apic_choose();                          /* apic/:  how the guest's local APIC is virtualized */
    resident_install();                     /* guest/: INT 15h tells a memory map without us */

    ept_build();            /* mem/:   the guest's physical memory, without us */
    dma_find();             /* dma/:   which devices access memory by themselves */
    open_cpu(vcpu);         /* above:  this processor ready to run a guest */
    cpus_start(cpu_main);   /* init/:  and the others: each runs cpu_main() */
    resident_start_guest(); /* guest/: a real-mode guest about to read its boot sector */

    screen_status_open();    /* console/: the last row of the screen */
    guest_restart_prepare(); /* guest/:   what a restarted guest begins with, */
    reset_vector_watch();    /*           and which jumps restart it */
    virt->poke();            /* vmx/:     the option poke=, for experiments */

    log_info("%u pages of the block are free; entering the guest", pages_left());
    run(vcpu);
}
