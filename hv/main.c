/*
 * main.c: the contents page of the hypervisor.
 */
#include "apic/apic.h"
#include "boot.h"
#include "console/log.h"
#include "console/screen.h"
#include "cpu/mail.h"
#include "init/start.h"
#include "host/tables.h"
#include "exits/exits.h"
#include "guest/resident.h"
#include "guest/restart.h"
#include "init/init.h"
#include "machine.h"
#include "mem/ept.h"
#include "mem/pages.h"
#include "vmx/capabilities.h"
#include "vmx/vmcs.h"

/* stage2's structure lies in memory that will be the guest's. */
static void take_boot_info(const struct boot_info *from_stage2)
{
    machine.boot = *from_stage2;
    if (machine.boot.magic != BOOT_INFO_MAGIC)
        machine_refuse("stage2 and the hypervisor are not of one build: write the image again");
}

static void read_options(void)
{
    char error[OPTIONS_ERROR_SIZE];
    const char *text = (const char *)machine.boot.options;
    bool good = options_parse(&machine.options, text, SECTOR_SIZE, error);

    log_open(&machine.options);
    if (!good)
        machine_refuse("%s", error);
}

static void announce(void)
{
    static const char *const a20[] = {"open already", "BIOS", "port 92h", "keyboard controller"};

    log_info("options: %s", (const char *)machine.boot.options);
    log_info("boot drive 0x%02x, A20: %s, memory map: %u ranges", machine.boot.boot_drive,
             a20[machine.boot.a20_method], machine.boot.e820.count);
    log_info("hidden: 0x%lx-0x%lx", machine.boot.hv_base, machine.boot.hv_base + HV_BLOCK_SIZE - 1);
}

/* Into VMX root operation, with one VMCS, filled in three parts. The guest's is the caller's. */
static void open_cpu(struct vcpu *vcpu)
{
    vmx_on(vcpu);
    vmcs_create(vcpu);
    vmcs_write_host(vcpu);     /* what the processor loads at an exit */
    vmcs_write_controls(vcpu); /* what causes exits */
    apic_open(vcpu);           /* apic/: what the guest gets instead of the machine's */
    log_info("counters: cpu %u at 0x%lx", vcpu->id, physical_address(vcpu->exits));
}

static _Noreturn void run(struct vcpu *vcpu)
{
    mail_open(vcpu); /* cpu/: NMIs that hit us are the guest's, or say that there is mail */
    vcpu->chores_in = 1;
    exit_loop(vcpu); /* exits/: the rest of the hypervisor's life */
}

/* Where each further processor arrives from init/trampoline.asm. */
_Noreturn void cpu_main(struct vcpu *vcpu)
{
    tables_load(vcpu->id);
    if (!vmx_enable())
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
    read_options();              /* model/options.c */
    announce();

    tables_load(0);      /* cpu/:   our own GDT, TSS and IDT: from here on faults are reported */
    vmx_check_machine(); /* vmx/:   every VMX feature we need, or a refusal that names it */
    apic_choose();       /* apic/:  how the guest's local APIC is virtualized */
    resident_install();  /* guest/: INT 15h tells the guest a memory map without us */

    ept_build();            /* mem/:   the guest's physical memory, without us */
    open_cpu(vcpu);         /* above:  this processor into VMX operation */
    cpus_start();           /* cpu/:   and the others: each runs cpu_main() */
    resident_start_guest(); /* guest/: a real-mode guest about to read its boot sector */

    if (machine.options.status_line)
        screen_status_open(); /* console/: the last row of the screen */
    guest_restart_prepare();  /* guest/:   what a restarted guest begins with */
    vmcs_poke();              /* vmx/:     the option poke=, for experiments */

    log_info("%u pages of the block are free; entering the guest", pages_left());
    run(vcpu);
}
